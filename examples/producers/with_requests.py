"""A batch of labels over HTTP with requests, which has to be installed.

    python3 examples/producers/with_requests.py truth.csv

The file has the columns id, label and ts (ISO 8601 with a zone); MODEL (default checkout) is the model
of all. TIDEGAUGE_URL is the service (default http://127.0.0.1:8080), TIDEGAUGE_API_KEY a key with scope
ingest where one is needed. Predictions go the same way: see records().
"""

import csv
import itertools
import json
import os
import sys

import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

URL = os.environ.get("TIDEGAUGE_URL", "http://127.0.0.1:8080")
BATCH = 1000


def session():
    # 429 and 503 promise nothing, and after a lost answer nobody knows: the whole request again, when
    # Retry-After says. Records are known by their ids, so what had arrived does not count twice.
    retry = Retry(
        total=10,
        backoff_factor=0.5,
        backoff_max=30,
        status_forcelist=(429, 503),
        allowed_methods=("POST",),
    )
    opened = requests.Session()
    opened.mount("http://", HTTPAdapter(max_retries=retry))
    opened.mount("https://", HTTPAdapter(max_retries=retry))
    opened.headers["content-type"] = "application/x-ndjson"
    if "TIDEGAUGE_API_KEY" in os.environ:
        opened.headers["authorization"] = f"Bearer {os.environ['TIDEGAUGE_API_KEY']}"
    return opened


def records(path):
    with open(path, newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            yield {
                "type": "label",
                "model": os.environ.get("MODEL", "checkout"),
                "id": row["id"],
                "label": row["label"],
                "ts": row["ts"],
            }


def batches(all_records):
    taken = iter(all_records)
    while batch := list(itertools.islice(taken, BATCH)):
        yield batch


def main():
    accepted = 0
    rejected = []
    with session() as http:
        for batch in batches(records(sys.argv[1])):
            body = "\n".join(json.dumps(record) for record in batch).encode()
            response = http.post(f"{URL}/v1/events", data=body, timeout=(5, 60))
            response.raise_for_status()
            answer = response.json()
            accepted += answer["accepted"]
            rejected += [(batch[one["index"]]["id"], one["reason"]) for one in answer["rejected"]]
    print(json.dumps({"accepted": accepted, "rejected": rejected}))
    # Rejected records are kept by the service as dead letters, with the reason: send nothing again.
    sys.exit(1 if rejected else 0)


if __name__ == "__main__":
    main()
