"""Predictions and their labels to Kafka with aiokafka, which has to be installed.

    python3 examples/producers/with_aiokafka.py 1000

KAFKA_BROKERS (default localhost:9092) and KAFKA_TOPIC (default predictions) say where to.
"""

import asyncio
import datetime
import functools
import itertools
import json
import os
import signal
import sys
import time

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

TOPIC = os.environ.get("KAFKA_TOPIC", "predictions")
CONFIG = {
    "bootstrap_servers": os.environ.get("KAFKA_BROKERS", "localhost:9092"),
    "client_id": "checkout",
    # Sent means: on all replicas that are in sync, so that losing a broker loses nothing.
    "acks": "all",
    # A batch that is sent again, because its answer was lost, is written once and in its place.
    # With it aiokafka tries for ever; close() below has a deadline of its own for that reason.
    "enable_idempotence": True,
    # The one codec that needs no further package.
    "compression_type": "gzip",
    "linger_ms": 20,
    "max_batch_size": 131_072,
}
CAPACITY = int(os.environ.get("CAPACITY", "10000"))


class EventStream:
    """Sends events behind the back of predictions: send() neither waits nor throws.

    AIOKafkaProducer.send() may wait for tens of seconds while Kafka is away. So a handler only puts
    events into a queue with a bound, and a task of its own takes them out.

    `delivered` are in Kafka. `kept` were not confirmed and stand in the file `unsent`, for
    `tidegauge ingest unsent.ndjson`; loading what did arrive after all is harmless, since ids are the
    same. `dropped` found no room or were no JSON, and are lost: watch that number.
    """

    def __init__(self, unsent="unsent.ndjson"):
        self.delivered = self.kept = self.dropped = 0
        self._unsent = unsent
        self._queue = asyncio.Queue(CAPACITY)
        self._unconfirmed = {}
        self._task = asyncio.create_task(self._run())

    def send(self, event):
        try:
            value = json.dumps(event, default=_plain).encode()
            self._queue.put_nowait((event["id"].encode(), value))
        except asyncio.QueueFull:
            self.dropped += 1
        except (TypeError, ValueError) as error:
            print(f"not sent, no JSON: {error}", file=sys.stderr)
            self.dropped += 1

    async def close(self, seconds=10):
        """Flushes. What Kafka has not confirmed by then goes to the file."""
        try:
            await asyncio.wait_for(self._drained(), seconds)
        except asyncio.TimeoutError:
            pass
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        for number in list(self._unconfirmed):
            self._keep(number, "not confirmed before the end")
        while not self._queue.empty():
            _, self._unconfirmed[-1] = self._queue.get_nowait()
            self._keep(-1, "not sent before the end")

    async def _run(self):
        producer = await self._connected()
        try:
            for number in itertools.count():
                key, value = await self._queue.get()
                self._unconfirmed[number] = value
                try:
                    confirmed = await producer.send(TOPIC, value, key)
                    confirmed.add_done_callback(functools.partial(self._report, number))
                except KafkaError as error:
                    self._keep(number, error)
        finally:
            # It would wait for all that is open; close() has waited as long as it may.
            await asyncio.wait([asyncio.ensure_future(producer.stop())], timeout=1)

    async def _connected(self):
        while True:
            producer = AIOKafkaProducer(**CONFIG)
            try:
                await producer.start()
                return producer
            except KafkaError as error:
                print(f"kafka: {error}", file=sys.stderr)
                await producer.stop()
                await asyncio.sleep(1)

    def _report(self, number, confirmed):
        error = confirmed.exception() if not confirmed.cancelled() else "cancelled"
        if error is not None:
            self._keep(number, error)
        elif self._unconfirmed.pop(number, None) is not None:
            self.delivered += 1

    def _keep(self, number, error):
        value = self._unconfirmed.pop(number, None)
        if value is None:
            return
        if self.kept == 0:
            print(f"kept in {self._unsent}: {error!r}", file=sys.stderr)
        self.kept += 1
        with open(self._unsent, "ab") as file:
            file.write(value + b"\n")

    async def _drained(self):
        while self._unconfirmed or not self._queue.empty():
            await asyncio.sleep(0.02)


def _plain(value):
    """Numbers of NumPy as those of Python. A NaN may stay: it counts as missing."""
    return value.item()


def predict(order_id, amount, country):
    started = time.perf_counter()
    score = min(0.99, amount / 400)
    return {
        "model": "checkout",
        "version": "1",
        # The order's own id: the same if this is sent again, and known to whoever learns the truth.
        "id": order_id,
        # When the prediction was made, also if it is sent later or again: epoch milliseconds.
        "ts": time.time_ns() // 1_000_000,
        "features": {"amount": amount, "country": country},
        "prediction": "fraud" if score > 0.3 else "good",
        "score": score,
        "latency_ms": (time.perf_counter() - started) * 1000,
    }


def truth(order_id, label):
    """Days later, from another program: it needs the id of the prediction and nothing else."""
    now = datetime.datetime.now(datetime.timezone.utc).isoformat()
    return {"type": "label", "model": "checkout", "id": order_id, "label": label, "ts": now}


async def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    orders = sys.argv[2] if len(sys.argv) > 2 else f"order-{int(time.time())}"
    stream = EventStream(os.environ.get("UNSENT", "unsent.ndjson"))
    # Without a handler a SIGTERM ends Python on the spot. This one only says so: an exception in the
    # middle of close() would lose what that is about to save.
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    try:
        for i in range(count):
            stream.send(predict(f"{orders}-{i}", 10 + i % 150, "NL" if i % 4 == 0 else "DE"))
            if i % 10 == 0:
                stream.send(truth(f"{orders}-{i}", "good"))
            await asyncio.sleep(0)
            if stopping.is_set():
                break
    finally:
        await stream.close(float(os.environ.get("CLOSE_SECONDS", "10")))
        print(json.dumps({name: getattr(stream, name) for name in ("delivered", "kept", "dropped")}))


if __name__ == "__main__":
    asyncio.run(main())
