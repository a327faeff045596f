// Predictions and their labels to Kafka with kafkajs, which has to be installed. Node 20.
//
//     node examples/producers/with-kafkajs.mjs 1000
//
// KAFKA_BROKERS (default localhost:9092) and KAFKA_TOPIC (default predictions) say where to.
import { appendFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import kafkajs from 'kafkajs'

/**
 * Sends events behind the back of predictions: `send` neither waits nor throws.
 *
 * `delivered` are in Kafka. `kept` were not confirmed and stand in the file `unsent`, for
 * `tidegauge ingest unsent.ndjson`; loading what did arrive after all is harmless, since ids are the
 * same. `dropped` found no room or were no JSON, and are lost: watch that number.
 */
export class EventStream {
  delivered = 0
  kept = 0
  dropped = 0
  #kafka
  #topic
  #unsent
  #capacity
  #producer = null
  #waiting = []
  #sending = []
  #closed = false
  #ended

  constructor({ brokers, topic, unsent = 'unsent.ndjson', capacity = 10_000 }) {
    this.#kafka = new kafkajs.Kafka({ brokers, clientId: 'checkout' })
    this.#topic = topic
    this.#unsent = unsent
    this.#capacity = capacity
    this.#ended = this.#run()
  }

  send(event) {
    if (this.#closed || this.#waiting.length >= this.#capacity) {
      this.dropped++
      return
    }
    try {
      // The id as key: a label follows its event into the same partition, and partitions fill evenly.
      this.#waiting.push({ key: event.id, value: JSON.stringify(event) })
    } catch (error) {
      console.error('not sent, no JSON:', error.message)
      this.dropped++
    }
  }

  /** Flushes. What Kafka has not confirmed by then goes to the file. End the process afterwards. */
  async close(ms = 10_000) {
    const deadline = performance.now() + ms
    while (this.#waiting.length + this.#sending.length > 0 && performance.now() < deadline)
      await sleep(10)
    this.#closed = true
    this.#keep([...this.#sending, ...this.#waiting], 'not confirmed before the end')
    this.#sending = []
    this.#waiting = []
    // A producer that is still trying would go on for ever.
    await Promise.race([this.#ended, sleep(1000, null, { ref: false })])
  }

  async #run() {
    while (!this.#closed) {
      this.#sending = this.#waiting.splice(0, 500)
      if (this.#sending.length === 0) await sleep(20)
      else await this.#deliver(this.#sending)
    }
    await this.#producer?.disconnect()
  }

  async #deliver(messages) {
    try {
      this.#producer ??= await this.#connected()
      await this.#producer.send({
        topic: this.#topic,
        // Sent means: on all replicas that are in sync, so that losing a broker loses nothing.
        acks: -1,
        compression: kafkajs.CompressionTypes.GZIP,
        messages,
      })
      if (this.#closed) return
      this.delivered += messages.length
    } catch (error) {
      if (this.#closed) return
      this.#keep(messages, error.message)
      // Its sequence of batches may be broken: a new one begins anew.
      const broken = this.#producer
      this.#producer = null
      await broken?.disconnect().catch(() => {})
    }
    this.#sending = []
  }

  async #connected() {
    const producer = this.#kafka.producer({
      // A batch that is sent again, because its answer was lost, is written once. With it kafkajs
      // tries for ever; events wait meanwhile, as many as there is room for.
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    })
    while (!this.#closed) {
      try {
        await producer.connect()
        return producer
      } catch (error) {
        console.error('kafka:', error.message)
        await sleep(1000)
      }
    }
    return producer
  }

  #keep(messages, reason) {
    if (messages.length === 0) return
    if (this.kept === 0) console.error(`kept in ${this.#unsent}: ${reason}`)
    this.kept += messages.length
    appendFileSync(this.#unsent, messages.map(({ value }) => `${value}\n`).join(''))
  }
}

function predict(id, amount, country) {
  const started = performance.now()
  const score = Math.min(0.99, amount / 400)
  return {
    model: 'checkout',
    version: '1',
    // The order's own id: the same if this is sent again, and known to whoever learns the truth.
    id,
    // When the prediction was made, also if it is sent later or again: epoch milliseconds.
    ts: Date.now(),
    features: { amount, country },
    prediction: score > 0.3 ? 'fraud' : 'good',
    score,
    latency_ms: performance.now() - started,
  }
}

/** Days later, from another program: it needs the id of the prediction and nothing else. */
const truth = (id, label) => ({
  type: 'label',
  model: 'checkout',
  id,
  label,
  ts: new Date().toISOString(),
})

const { KAFKA_BROKERS = 'localhost:9092', KAFKA_TOPIC = 'predictions', UNSENT } = process.env
const stream = new EventStream({
  brokers: KAFKA_BROKERS.split(','),
  topic: KAFKA_TOPIC,
  unsent: UNSENT,
  capacity: Number(process.env.CAPACITY ?? 10_000),
})
async function end() {
  await stream.close(Number(process.env.CLOSE_MS ?? 10_000))
  const { delivered, kept, dropped } = stream
  console.log(JSON.stringify({ delivered, kept, dropped }))
  process.exit(0)
}
process.once('SIGTERM', end)

const [count = '100', orders = `order-${Date.now()}`] = process.argv.slice(2)
for (let i = 0; i < Number(count); i++)
  stream.send(predict(`${orders}-${i}`, 10 + (i % 150), i % 4 === 0 ? 'NL' : 'DE'))
for (let i = 0; i < Number(count); i += 10) stream.send(truth(`${orders}-${i}`, 'good'))
await end()
