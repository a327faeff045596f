/**
 * Messages a second that a bare consumer takes from the same topic of the same broker, client against
 * client: kafkajs, which the service uses, and @platformatic/kafka, which may take its place one day.
 * The other client is no dependency: it is installed into a temporary folder.
 *
 *     npx tsx bench/kafka-clients.ts [messages]      default: 1000000
 */
import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { startKafka } from '../test/support/kafka-broker.ts'
import { consumeWithKafkajs, fillTopic, type Ceiling } from './kafka-topic.ts'
import { machine, writeReport } from './report.ts'
import { sampleEvents } from './sample-events.ts'

const otherClient = '@platformatic/kafka@1.35.0'
const topic = 'events'
const partitions = 6
const rounds = 3

interface OtherConsumer {
  consume: (options: object) => Promise<AsyncIterable<unknown> & { close: () => Promise<void> }>
  close: (force?: boolean) => Promise<void>
}

type OtherClient = new (options: object) => OtherConsumer

/** The other client's consumer class, from a folder of its own. */
async function installOther(folder: string): Promise<OtherClient> {
  await writeFile(join(folder, 'package.json'), '{"private":true}')
  const flags = ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--silent', otherClient]
  execFileSync('npm', flags, { cwd: folder, stdio: 'inherit' })
  const path = createRequire(join(folder, 'package.json')).resolve('@platformatic/kafka')
  const { Consumer } = (await import(pathToFileURL(path).href)) as { Consumer: OtherClient }
  return Consumer
}

async function consumeWithOther(
  Consumer: OtherClient,
  brokers: readonly string[],
  { group, count }: Ceiling,
): Promise<number> {
  const consumer = new Consumer({
    groupId: group,
    clientId: 'ceiling',
    bootstrapBrokers: brokers,
    maxWaitTime: 100,
    autocommit: false,
  })
  const stream = await consumer.consume({ topics: [topic], mode: 'earliest' })
  let seen = 0
  let started = 0
  for await (const message of stream) {
    if (started === 0) started = performance.now()
    if (message !== undefined) seen++
    if (seen >= count) break
  }
  const seconds = (performance.now() - started) / 1000
  await stream.close()
  await consumer.close(true)
  return seen / seconds
}

const median = (values: readonly number[]): number =>
  Math.round([...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0)

async function main(count: number): Promise<void> {
  const facts = machine()
  const folder = await mkdtemp(join(tmpdir(), 'tidegauge-bench-'))
  const kafka = await startKafka()
  try {
    const Consumer = await installOther(folder)
    const events = sampleEvents(100_000, Date.now())
    await fillTopic(kafka.brokers, { topic, partitions }, events, count)
    const rates: { kafkajs: number[]; platformatic: number[] } = { kafkajs: [], platformatic: [] }
    for (let round = 0; round < rounds; round++) {
      const ask = (client: string): Ceiling => ({ topic, group: `${client}-${round}`, count })
      rates.kafkajs.push(await consumeWithKafkajs(kafka.brokers, ask('kafkajs')))
      rates.platformatic.push(await consumeWithOther(Consumer, kafka.brokers, ask('platformatic')))
    }
    const result = {
      kafkajsPerSecond: median(rates.kafkajs),
      platformaticPerSecond: median(rates.platformatic),
    }
    console.log(
      `kafkajs 2.2.4: ${result.kafkajsPerSecond} messages/s; ${otherClient}: ${result.platformaticPerSecond} messages/s (medians of ${rounds})`,
    )
    await writeReport('kafka-clients', { ...facts, messages: count, partitions, ...result, rates })
  } finally {
    await kafka.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

await main(Number(process.argv[2] ?? 1_000_000))
