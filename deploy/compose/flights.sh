#!/bin/sh
# The producer of compose.yaml: version 1 is trained on January 2001, the model declared, and the flights of
# February to June go through Kafka, with distances in kilometres from May on: the injected fault.
set -eu
app=/opt/tidegauge/dist/examples/flights
data=/var/lib/flights
tidegauge() { node /opt/tidegauge/dist/bin/tidegauge.js "$@"; }

[ -e $data/january.parquet ] || node $app/train.js --directory $data

# No receiver of webhooks is part of compose.yaml, so alerts are only recorded here.
sed -e "s#file: ../../data/flights/january.parquet#file: $data/january.parquet#" \
  -e '/^actions:$/,/^$/d' -e '/actions: \[retrain\]/d' $app/flight-delay.yaml > /tmp/flight-delay.yaml
tidegauge models put /tmp/flight-delay.yaml --url http://tidegauge:8080

node $app/replay.js --features $data/features --model $data/model-1.json \
  --kilometres-from 2001-05-01 --print \
  | node $app/to-kafka.mjs --brokers kafka:19092 --topic flights
