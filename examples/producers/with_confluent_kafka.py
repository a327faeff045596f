"""Predictions and their labels to Kafka with confluent-kafka, which has to be installed.

    python3 examples/producers/with_confluent_kafka.py 1000

KAFKA_BROKERS (default localhost:9092) and KAFKA_TOPIC (default predictions) say where to.
"""

import datetime
import json
import os
import signal
import sys
import threading
import time

from confluent_kafka import KafkaException, Producer

TOPIC = os.environ.get("KAFKA_TOPIC", "predictions")
CONFIG = {
    "bootstrap.servers": os.environ.get("KAFKA_BROKERS", "localhost:9092"),
    "client.id": "checkout",
    # Sent means: on all replicas that are in sync, so that losing a broker loses nothing.
    "acks": "all",
    # A batch that is sent again, because its answer was lost, is written once and in its place.
    "enable.idempotence": True,
    # As Java, kafkajs and aiokafka choose partitions: a label meets its event whoever sends it.
    "partitioner": "murmur2_random",
    "compression.type": "lz4",
    "linger.ms": 20,
    # How long to try, then the delivery report brings an error.
    "delivery.timeout.ms": int(os.environ.get("KAFKA_DELIVERY_TIMEOUT_MS", "120000")),
    # The bound on memory: beyond it produce() throws BufferError at once.
    "queue.buffering.max.messages": 100_000,
    "queue.buffering.max.kbytes": 65_536,
}


class EventStream:
    """Sends events behind the back of predictions: send() neither waits nor throws.

    Create it after a fork, once a worker process. `delivered` are in Kafka. `kept` were not taken by
    Kafka and stand in the file `unsent`, for `tidegauge ingest unsent.ndjson`; loading what did arrive
    after all is harmless, since ids are the same. `dropped` found no room or were no JSON, and are lost:
    watch that number.
    """

    def __init__(self, unsent="unsent.ndjson"):
        self.delivered = self.kept = self.dropped = 0
        self._unsent = unsent
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._producer = Producer({**CONFIG, "error_cb": self._trouble})
        # Reports are given out by poll(), also while nobody predicts.
        self._reports = threading.Thread(target=self._give_out_reports, daemon=True)
        self._reports.start()

    def send(self, event):
        try:
            value = json.dumps(event, default=_plain).encode()
        except (TypeError, ValueError) as error:
            print(f"not sent, no JSON: {error}", file=sys.stderr)
            return self._drop()
        try:
            self._producer.produce(TOPIC, value, event["id"], on_delivery=self._report)
        except BufferError:
            self._drop()
        except KafkaException as error:
            self._keep(value, error)

    def close(self, seconds=10):
        """Flushes. What Kafka has not confirmed by then goes to the file."""
        if self._producer.flush(seconds) > 0:
            self._producer.purge()
            self._producer.flush(1)
        self._closing.set()
        self._reports.join()

    def _give_out_reports(self):
        while not self._closing.is_set():
            self._producer.poll(0.2)

    def _report(self, error, message):
        if error is not None:
            return self._keep(message.value(), error)
        with self._lock:
            self.delivered += 1

    def _keep(self, value, error):
        with self._lock, open(self._unsent, "ab") as file:
            if self.kept == 0:
                print(f"kept in {self._unsent}: {error}", file=sys.stderr)
            self.kept += 1
            file.write(value + b"\n")

    def _drop(self):
        with self._lock:
            self.dropped += 1

    def _trouble(self, error):
        # Brokers that are away are tried again, and logged, by the client. After a fatal error it
        # takes nothing more: all events are kept from then on. Start the process anew.
        if error.fatal():
            print(f"kafka: {error}", file=sys.stderr)


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


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    orders = sys.argv[2] if len(sys.argv) > 2 else f"order-{int(time.time())}"
    stream = EventStream(os.environ.get("UNSENT", "unsent.ndjson"))
    # Without a handler a SIGTERM ends Python on the spot. This one only says so: an exception in the
    # middle of close() would lose what that is about to save.
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    try:
        for i in range(count):
            stream.send(predict(f"{orders}-{i}", 10 + i % 150, "NL" if i % 4 == 0 else "DE"))
            if i % 10 == 0:
                stream.send(truth(f"{orders}-{i}", "good"))
            if stopping.is_set():
                break
    finally:
        stream.close(float(os.environ.get("CLOSE_SECONDS", "10")))
        print(json.dumps({name: getattr(stream, name) for name in ("delivered", "kept", "dropped")}))


if __name__ == "__main__":
    main()
