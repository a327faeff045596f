"""Middleware for FastAPI, Starlette and other ASGI applications: an event for each prediction, sent
behind the back of the request. Python 3.9, no packages; copy it. with_fastapi.py shows its use.
"""

import json
import logging
import queue
import threading
import time
import urllib.error
import urllib.request
import uuid

log = logging.getLogger("tidegauge")


class EventSender:
    """A queue with a bound, and a thread that empties it into POST /v1/events.

    send() neither waits nor throws: while the service is away the queue fills, and what finds no room
    is dropped and counted. `sent` are durable; `rejected` are dead letters of the service; `dropped`
    are lost for want of room, of time at the end, or because they were no JSON or the request as such
    was refused (a wrong key, say). Watch the last two.
    """

    def __init__(self, url, key=None, *, capacity=10_000, batch=500, linger=0.5, timeout=30):
        self.sent = self.rejected = self.dropped = 0
        self._url = f"{url}/v1/events"
        self._headers = {"content-type": "application/x-ndjson"}
        if key:
            self._headers["authorization"] = f"Bearer {key}"
        self._queue = queue.Queue(capacity)
        self._batch, self._linger, self._timeout = batch, linger, timeout
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._deadline = float("inf")
        self._thread = None

    def start(self):
        """Call it in the process that predicts, after any fork."""
        self._thread = threading.Thread(target=self._run, name="tidegauge", daemon=True)
        self._thread.start()

    def send(self, event):
        """Whether there was room. Do not change the event afterwards."""
        try:
            self._queue.put_nowait(event)
            return True
        except queue.Full:
            self._drop(1)
            return False

    def close(self, seconds=10):
        """Sends what is waiting, for at most so many seconds; waits, so call it in a thread."""
        self._deadline = time.monotonic() + seconds
        self._closing.set()
        if self._thread is not None:
            self._thread.join(seconds + 1)
        left = 0
        while True:
            try:
                self._queue.get_nowait()
                left += 1
            except queue.Empty:
                break
        self._drop(left)

    def _run(self):
        while not (self._closing.is_set() and self._queue.empty()):
            if time.monotonic() > self._deadline:
                return
            events = self._next()
            if events:
                self._post(events)

    def _next(self):
        """A full batch, or what has come within the linger."""
        events = []
        until = time.monotonic() + self._linger
        while len(events) < self._batch:
            left = 0 if self._closing.is_set() else until - time.monotonic()
            try:
                events.append(self._queue.get(timeout=max(left, 0.001)))
            except queue.Empty:
                break
        return events

    def _post(self, events):
        lines = [line for line in map(self._line, events) if line is not None]
        body = "\n".join(lines).encode()
        pause = 0.25
        while lines:
            timeout = max(0.1, min(self._timeout, self._deadline - time.monotonic()))
            try:
                request = urllib.request.Request(self._url, body, self._headers)
                with urllib.request.urlopen(request, timeout=timeout) as response:
                    return self._count(json.load(response))
            except urllib.error.HTTPError as error:
                if error.code not in (429, 503):
                    log.error("%d events refused with %d", len(lines), error.code)
                    break
                wait = float(error.headers.get("retry-after") or pause)
            except (OSError, ValueError) as error:
                # No answer, or a broken one: it may have been stored. Ids make it harmless to repeat.
                if pause == 0.25:
                    log.warning("cannot reach %s, trying again: %s", self._url, error)
                wait = pause
            # Shutting down cuts a long pause short, and its deadline ends the attempts.
            if self._closing.wait(wait):
                time.sleep(0.25)
            if time.monotonic() > self._deadline:
                break
            pause = min(pause * 2, 30)
        self._drop(len(lines))

    def _line(self, event):
        try:
            # Numbers of NumPy become those of Python; a NaN may stay and counts as missing.
            return json.dumps(event, default=lambda value: value.item())
        except (TypeError, ValueError, AttributeError) as error:
            log.error("an event is no JSON: %s", error)
            self._drop(1)
            return None

    def _count(self, answer):
        with self._lock:
            self.sent += answer["accepted"]
            self.rejected += len(answer["rejected"])
        for reject in answer["rejected"]:
            log.warning("rejected: %s %s", reject["reason"], reject["detail"])

    def _drop(self, count):
        with self._lock:
            self.dropped += count


class PredictionEvents:
    """Makes an event of each request whose handler fills `request.state.tidegauge`.

    The handler gives `features`, `prediction` and `score`; the middleware adds model, version, id, time
    and latency, and `error` where the handler throws. The id is the request's `x-request-id`, or a new
    one, and goes back in the same header: whoever learns the truth later names it. A client that repeats
    its request under the same id makes one event, the later one, unless another hour has begun.
    """

    def __init__(self, app, *, sender, model, version=""):
        self.app, self.sender = app, sender
        self.fixed = {"model": model, **({"version": version} if version else {})}

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        ts = time.time_ns() // 1_000_000
        started = time.perf_counter()
        event_id = _request_id(scope) or f"{ts}-{uuid.uuid4().hex}"
        given = scope.setdefault("state", {})["tidegauge"] = {}
        error = None

        async def send_with_id(message):
            nonlocal error
            if message["type"] == "http.response.start":
                if message["status"] >= 500:
                    error = f"HTTP {message['status']}"
                headers = [pair for pair in message.get("headers", []) if pair[0] != b"x-request-id"]
                message = {**message, "headers": [*headers, (b"x-request-id", event_id.encode())]}
            await send(message)

        try:
            await self.app(scope, receive, send_with_id)
        except Exception as thrown:
            error = type(thrown).__name__
            raise
        finally:
            if given:
                latency = (time.perf_counter() - started) * 1000
                facts = {"id": event_id, "ts": ts, "latency_ms": latency, "error": error}
                self.sender.send({**self.fixed, **facts, **given})


def _request_id(scope):
    """Ids from outside are taken as they are, if they are short and plain."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and 0 < len(value) <= 128 and value.isascii():
            return value.decode() if value.decode().isprintable() else None
    return None
