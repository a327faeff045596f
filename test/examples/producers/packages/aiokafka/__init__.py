"""As much of aiokafka as the example uses: what is produced goes to the file RECORDS."""

import asyncio
import json
import os


class AIOKafkaProducer:
    def __init__(self, **settings):
        self._settings = settings
        self._room = int(os.environ.get("ROOM", "1000000"))

    async def start(self):
        pass

    async def stop(self):
        if os.environ.get("RELIABLE") == "0":
            await asyncio.Event().wait()

    async def send(self, topic, value, key):
        # The buffer is full, and the broker takes nothing out of it.
        if self._room == 0:
            await asyncio.Event().wait()
        self._room -= 1
        with open(os.environ["RECORDS"], "a") as file:
            record = {"topic": topic, "key": key.decode(), "value": value.decode()}
            file.write(json.dumps({**record, "settings": self._settings}) + "\n")
        confirmed = asyncio.get_running_loop().create_future()
        # RELIABLE=0: a broker that never answers, for which aiokafka waits for ever.
        if os.environ.get("RELIABLE") != "0":
            confirmed.set_result(None)
        return confirmed
