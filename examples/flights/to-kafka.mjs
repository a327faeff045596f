// Lines on standard input, each one event or label as JSON, to a Kafka topic:
//
//   node --import tsx examples/flights/replay.ts --print | node examples/flights/to-kafka.mjs --topic flights
//
// The key is the id, so that a flight's prediction and its label are in one partition, in order.
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import kafkajs from 'kafkajs'

const { values } = parseArgs({
  options: {
    brokers: { type: 'string', default: '127.0.0.1:9092' },
    topic: { type: 'string', default: 'flights' },
  },
})
const batchLines = 5000

const kafka = new kafkajs.Kafka({
  clientId: 'flights',
  brokers: values.brokers.split(','),
  logLevel: kafkajs.logLevel.WARN,
})
const producer = kafka.producer({ allowAutoTopicCreation: true })
await producer.connect()
let sent = 0

async function send(lines) {
  const messages = lines.map((value) => ({ key: /"id":"([^"]+)"/.exec(value)?.[1] ?? null, value }))
  await producer.send({ topic: values.topic, messages, acks: -1 })
  sent += messages.length
}

let lines = []
for await (const line of createInterface({ input: process.stdin })) {
  lines.push(line)
  if (lines.length < batchLines) continue
  await send(lines)
  lines = []
}
if (lines.length > 0) await send(lines)
await producer.disconnect()
console.log(JSON.stringify({ sent, topic: values.topic, done: true }))
