/**
 * What a long day costs, in two parts, each with a broker, a producer and the service as built on this
 * machine. First the service takes events as fast as it can for some minutes, the producer always a
 * little ahead: its memory must not grow. Then events come at a fixed rate, the ClickHouse server is
 * away for a minute, and the lag must come back to zero.
 *
 *     npx tsx bench/soak-kafka.ts [minutes]      default: 10
 */
import { fork, type ChildProcess } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { spawnClickHouseServer } from '../test/support/clickhouse-process.ts'
import { startKafka } from '../test/support/kafka-broker.ts'
import { createTopic, openLag, produceSteadily } from './kafka-topic.ts'
import { startBuiltService } from './measured-process.ts'
import { machine, writeReport } from './report.ts'

const topic = 'events'
const partitions = 6
/** How far the producer may be ahead of what is committed. */
const ahead = 150_000
const steadyRate = 15_000
const outageMs = 60_000

interface Sample {
  readonly minute: number
  readonly rssMiB: number
}

/** The producing side, in its own process; told by messages how far behind the service is. */
async function produce(brokers: readonly string[], rate: number): Promise<void> {
  let lag = 0
  process.on('message', (behind: number) => {
    lag = behind
  })
  await produceSteadily(brokers, topic, {
    rate,
    mayGoOn: () => rate !== Infinity || lag < ahead,
    stopped: () => !process.connected,
  })
  process.exit(0)
}

const startProducer = (brokers: readonly string[], rate: number): ChildProcess =>
  fork(import.meta.filename, ['--produce', brokers.join(','), String(rate)])

async function rssMiB(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Math.round(Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? NaN) / 1024)
}

const kafkaSettings = (brokers: readonly string[]) => ({
  TIDEGAUGE__KAFKA__CLUSTERS: JSON.stringify({ soak: { brokers, group: 'soak' } }),
  TIDEGAUGE__KAFKA__SOURCES: JSON.stringify([{ cluster: 'soak', topic, decoding: 'native' }]),
})

/** Least squares: MiB a minute. */
function slope(samples: readonly Sample[]): number {
  const mean = (of: (sample: Sample) => number): number =>
    samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length
  const [x, y] = [mean(({ minute }) => minute), mean((sample) => sample.rssMiB)]
  const cross = samples.reduce((sum, s) => sum + (s.minute - x) * (s.rssMiB - y), 0)
  const square = samples.reduce((sum, s) => sum + (s.minute - x) ** 2, 0)
  return cross / square
}

async function fullRate(minutes: number) {
  const data = await mkdtemp(join(tmpdir(), 'tidegauge-bench-'))
  const kafka = await startKafka({ config: { 'log.retention.bytes': String(256 * 1024 ** 2) } })
  await createTopic(kafka.brokers, { topic, partitions })
  const options = ['--data', data, '--port', '0', '--models', join(data, 'models')]
  const roles = ['--role', 'ingest,api']
  const service = await startBuiltService([...options, ...roles], kafkaSettings(kafka.brokers))
  const producer = startProducer(kafka.brokers, Infinity)
  const lagging = await openLag(kafka.brokers, 'soak', topic)
  const started = performance.now()
  const samples: Sample[] = []
  try {
    for (let next = 0; performance.now() - started < minutes * 60_000; next++) {
      producer.send(await lagging.read())
      if (next % 10 === 0) {
        const minute = (performance.now() - started) / 60_000
        samples.push({ minute, rssMiB: await rssMiB(service.process.pid) })
      }
      if (next % 120 === 0) console.log(JSON.stringify(samples.at(-1)))
      await sleep(500)
    }
    const seconds = (performance.now() - started) / 1000
    // What it takes to get going is over by then.
    const settled = samples.filter(({ minute }) => minute >= minutes / 4)
    const events = await lagging.committed()
    return {
      minutes,
      events,
      eventsPerSecond: Math.round(events / seconds),
      rssMiBPerMinute: Number(slope(settled).toFixed(2)),
      rssMiBFrom: Math.min(...settled.map((sample) => sample.rssMiB)),
      rssMiBTo: Math.max(...settled.map((sample) => sample.rssMiB)),
    }
  } finally {
    producer.disconnect()
    await lagging.close()
    await service.stop()
    await kafka.stop()
    await rm(data, { recursive: true, force: true })
  }
}

async function outage() {
  const data = await mkdtemp(join(tmpdir(), 'tidegauge-bench-'))
  const kafka = await startKafka()
  await createTopic(kafka.brokers, { topic, partitions })
  let store = await spawnClickHouseServer(join(data, 'store'))
  const options = ['--clickhouse', store.url, '--port', '0', '--models', join(data, 'models')]
  const roles = ['--role', 'ingest,api']
  const service = await startBuiltService([...options, ...roles], kafkaSettings(kafka.brokers))
  const producer = startProducer(kafka.brokers, steadyRate)
  const lagging = await openLag(kafka.brokers, 'soak', topic)
  try {
    await sleep(20_000)
    await store.stop('SIGKILL')
    await sleep(outageMs)
    const lagAtEnd = await lagging.read()
    store = await spawnClickHouseServer(join(data, 'store'), store.port)
    const back = performance.now()
    // As far behind as it is at this rate when nothing is wrong.
    while ((await lagging.read()) > steadyRate * 2) await sleep(250)
    return {
      steadyRate,
      outageSeconds: outageMs / 1000,
      lagAtEnd,
      secondsToCatchUp: Number(((performance.now() - back) / 1000).toFixed(1)),
    }
  } finally {
    producer.disconnect()
    await lagging.close()
    await service.stop()
    await store.stop('SIGKILL')
    await kafka.stop()
    await rm(data, { recursive: true, force: true })
  }
}

async function main(minutes: number): Promise<void> {
  const facts = machine()
  const away = await outage()
  console.log(
    `${away.outageSeconds} s without the store at ${away.steadyRate} events/s: ${away.lagAtEnd} behind, caught up in ${away.secondsToCatchUp} s`,
  )
  const full = await fullRate(minutes)
  console.log(
    `${full.minutes} minutes at full rate: ${full.eventsPerSecond} events/s, RSS ${full.rssMiBFrom} to ${full.rssMiBTo} MiB, ${full.rssMiBPerMinute} MiB a minute`,
  )
  await writeReport('soak-kafka', { ...facts, fullRate: full, outage: away })
}

const [mode, brokers = '', rate] = process.argv.slice(2)
if (mode === '--produce') await produce(brokers.split(','), Number(rate))
else await main(Number(mode ?? 10))
