"""Sends an hour of payments, and five minutes of payments gone wrong. Python 3.9, no packages.

    python3 examples/send/send.py            # 65 to 5 minutes ago, as usual
    python3 examples/send/send.py --drifted  # the last 5 minutes: amounts in cents

TIDEGAUGE_URL is the service (default http://127.0.0.1:8080), TIDEGAUGE_API_KEY a key with scope
ingest where one is needed.
"""

import json
import os
import random
import sys
import time
import urllib.error
import urllib.request

URL = os.environ.get("TIDEGAUGE_URL", "http://127.0.0.1:8080")
PER_MINUTE = 100


def payment(minute, number, drifted):
    # Seeded by its time: sending a minute again sends the same events, and none counts twice.
    rng = random.Random(f"{minute}-{number}")
    amount = round(rng.lognormvariate(3, 0.8) * (100 if drifted else 1), 2)
    score = min(0.99, amount / 400 + rng.random() * 0.1)
    return {
        "model": "checkout",
        "version": "1",
        "id": f"pay-{minute}-{number}",
        "ts": minute * 60_000 + number * 60_000 // PER_MINUTE,
        "features": {
            "amount": amount,
            "items": rng.choice([1, 1, 1, 2, 2, 3, 5]),
            "country": rng.choice(["DE", "DE", "DE", "FR", "FR", "NL"]),
        },
        "prediction": "fraud" if score > 0.3 else "good",
        "score": score,
        "latency_ms": round(rng.gammavariate(4, 3), 1),
    }


def post(events):
    """Sends a batch until it is durable. 429 and 503 mean: all of it again, a little later."""
    body = "\n".join(json.dumps(event) for event in events).encode()
    headers = {"content-type": "application/x-ndjson"}
    if "TIDEGAUGE_API_KEY" in os.environ:
        headers["authorization"] = f"Bearer {os.environ['TIDEGAUGE_API_KEY']}"
    while True:
        try:
            request = urllib.request.Request(f"{URL}/v1/events", data=body, headers=headers)
            with urllib.request.urlopen(request, timeout=60) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            if error.code not in (429, 503):
                sys.exit(f"{error.code}: {error.read().decode()}")
            time.sleep(float(error.headers.get("retry-after", 1)))


drifted = "--drifted" in sys.argv
now = int(time.time()) // 60
minutes = range(now - 5, now) if drifted else range(now - 65, now - 5)
events = [payment(minute, number, drifted) for minute in minutes for number in range(PER_MINUTE)]
accepted = 0
for start in range(0, len(events), 1000):
    answer = post(events[start : start + 1000])
    accepted += answer["accepted"]
    for reject in answer["rejected"]:
        print("rejected", reject)
print(f"{accepted} events accepted")
