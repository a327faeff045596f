/**
 * Events a second from a Kafka topic to durable rows: the events of ingest-http, a service as built
 * in a process of its own, and the broker, all on this machine. The topic is full before the service
 * starts; the clock runs from its first committed offset to its last, so that joining the group
 * does not count.
 *
 *     npx tsx bench/ingest-kafka.ts [events]      default: 1000000
 *
 * The floor, in the same run and before the service starts, is JSON.parse of the same bytes on one
 * core. The ceiling is a bare kafkajs consumer of the same topic that does nothing with what it gets.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startKafka } from '../test/support/kafka-broker.ts'
import { consumeWithKafkajs, fillTopic, openLag } from './kafka-topic.ts'
import { cpuSeconds, peakRss, startBuiltService, storedEvents } from './measured-process.ts'
import { machine, writeReport } from './report.ts'
import { parseFloor, sampleEvents } from './sample-events.ts'

const topic = 'events'
const partitions = 6
const distinctEvents = 100_000

async function serviceRate(brokers: readonly string[], count: number) {
  const data = await mkdtemp(join(tmpdir(), 'tidegauge-bench-'))
  const options = ['--data', data, '--port', '0', '--models', join(data, 'models')]
  const service = await startBuiltService([...options, '--role', 'ingest,api'], {
    TIDEGAUGE__KAFKA__CLUSTERS: JSON.stringify({ bench: { brokers, group: 'bench' } }),
    TIDEGAUGE__KAFKA__SOURCES: JSON.stringify([{ cluster: 'bench', topic, decoding: 'native' }]),
  })
  const lagging = await openLag(brokers, 'bench', topic)
  try {
    let first: { at: number; lag: number } | null = null
    for (;;) {
      const lag = await lagging.read()
      const at = performance.now()
      if (first === null && lag < count) first = { at, lag }
      if (lag === 0 && first !== null) {
        const rate = (first.lag * 1000) / (at - first.at)
        return {
          eventsPerSecond: Math.round(rate),
          peakRssMiB: await peakRss(service.process),
          serviceCpuSeconds: await cpuSeconds(service.process),
          rowsCounted: await storedEvents(service.url),
        }
      }
      await sleep(100)
    }
  } finally {
    await lagging.close()
    await service.stop()
    await rm(data, { recursive: true, force: true })
  }
}

async function main(count: number): Promise<void> {
  const facts = machine()
  const events = sampleEvents(distinctEvents, Date.now() - 3_600_000)
  const bytesAnEvent = events.join('').length / events.length
  const floorRate = parseFloor(events)
  console.log(
    `floor: JSON.parse of ${bytesAnEvent.toFixed(0)} B events, one core: ${Math.round(floorRate)} events/s`,
  )
  const kafka = await startKafka()
  try {
    const { brokers } = kafka
    await fillTopic(brokers, { topic, partitions }, events, count)
    const ceiling = await consumeWithKafkajs(brokers, { topic, group: 'ceiling', count })
    console.log(`a consumer alone: ${Math.round(ceiling)} messages/s`)
    const service = await serviceRate(brokers, count)
    const ratioToFloor = Number((service.eventsPerSecond / floorRate).toFixed(3))
    console.log(
      `Kafka to durable rows: ${service.eventsPerSecond} events/s, ${ratioToFloor} × floor, peak RSS ${service.peakRssMiB} MiB, ${service.serviceCpuSeconds} s of CPU, ${service.rowsCounted} rows`,
    )
    await writeReport('ingest-kafka', {
      ...facts,
      events: count,
      partitions,
      bytesAnEvent,
      floorEventsPerSecond: Math.round(floorRate),
      consumerAlonePerSecond: Math.round(ceiling),
      ratioToFloor,
      ...service,
    })
  } finally {
    await kafka.stop()
  }
}

await main(Number(process.argv[2] ?? 1_000_000))
