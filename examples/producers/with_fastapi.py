"""A model served with FastAPI, and monitored. fastapi and uvicorn have to be installed.

    cd examples/producers && uvicorn with_fastapi:app --port 8000

TIDEGAUGE_URL is the service (default http://127.0.0.1:8080), TIDEGAUGE_API_KEY a key with scope ingest
where one is needed.
"""

import asyncio
import contextlib
import os

from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel
from tidegauge_asgi import EventSender, PredictionEvents

sender = EventSender(
    os.environ.get("TIDEGAUGE_URL", "http://127.0.0.1:8080"),
    os.environ.get("TIDEGAUGE_API_KEY"),
    capacity=int(os.environ.get("CAPACITY", "10000")),
)


@contextlib.asynccontextmanager
async def lifespan(_):
    # Here and not above: each worker process of uvicorn or gunicorn needs a thread of its own.
    sender.start()
    yield
    await asyncio.to_thread(sender.close)


app = FastAPI(lifespan=lifespan)
app.add_middleware(PredictionEvents, sender=sender, model="checkout", version="1")


class Order(BaseModel):
    amount: float
    items: int
    country: str


class Outcome(BaseModel):
    label: str


@app.post("/predict")
def predict(order: Order, request: Request):
    event = request.state.tidegauge
    # First the features: should the model throw, the event has them, and the error.
    event["features"] = order.model_dump()
    score = min(0.99, order.amount / 400)
    event.update(prediction="fraud" if score > 0.3 else "good", score=score)
    return {"prediction": event["prediction"], "score": score}


@app.post("/outcomes/{order_id}", status_code=202)
def outcome(order_id: str, known: Outcome):
    """The truth, days later: the id is the x-request-id that /predict answered with."""
    sender.send({"type": "label", "model": "checkout", "id": order_id, "label": known.label})


@app.get("/metrics", response_class=PlainTextResponse)
def metrics():
    """For Prometheus: alert on anything but zero in the last two."""
    counts = {"sent": sender.sent, "rejected": sender.rejected, "dropped": sender.dropped}
    lines = (f"checkout_events_{name}_total {count}" for name, count in counts.items())
    return "\n".join(lines) + "\n"
