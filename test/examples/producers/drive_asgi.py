"""Drives the middleware as a server would: a request for each line of standard input, then the end."""

import asyncio
import json
import os
import sys

sys.path.insert(0, "examples/producers")
sys.dont_write_bytecode = True
from tidegauge_asgi import EventSender, PredictionEvents  # noqa: E402

sender = EventSender(
    os.environ["TIDEGAUGE_URL"],
    os.environ.get("KEY"),
    capacity=int(os.environ.get("CAPACITY", "1000")),
    batch=10,
    linger=0.01,
)


async def handler(scope, receive, send):
    asked = json.loads(scope["path"])
    scope["state"]["tidegauge"].update(asked.get("event", {}))
    if "throws" in asked:
        raise ValueError(asked["throws"])
    await send({"type": "http.response.start", "status": asked.get("status", 200), "headers": []})
    await send({"type": "http.response.body", "body": b"answer"})


async def request(app, line):
    sent = []

    async def send(message):
        sent.append(message)

    headers = [(b"x-request-id", value.encode()) for value in json.loads(line).get("ids", [])]
    try:
        await app({"type": "http", "path": line, "headers": headers}, None, send)
    except ValueError as error:
        return {"thrown": str(error)}
    return {
        "status": sent[0]["status"],
        "id": dict(sent[0]["headers"])[b"x-request-id"].decode(),
        "body": sent[1]["body"].decode(),
    }


async def main():
    app = PredictionEvents(handler, sender=sender, model="checkout", version="1")
    if "NEVER_STARTED" not in os.environ:
        sender.start()
    answers = [await request(app, line) for line in sys.stdin.read().splitlines()]
    await asyncio.to_thread(sender.close, float(os.environ.get("CLOSE_SECONDS", "10")))
    counts = {name: getattr(sender, name) for name in ("sent", "rejected", "dropped")}
    print(json.dumps({"answers": answers, **counts}))


asyncio.run(main())
