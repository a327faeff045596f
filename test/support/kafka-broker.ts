import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import kafkajs from 'kafkajs'
import { cachedDirectory, copyDirectory, kafkaClassPath } from './kafka-jars.ts'
import { kafkaNode, type KafkaNode } from './kafka-node.ts'
import { nodeProperties } from './kafka-properties.ts'

const run = promisify(execFile)

export interface KafkaOptions {
  /** Default 1. With 3, topics of the broker's own have three replicas. */
  readonly brokers?: 1 | 3
  /** Broker settings beside the ones for quick tests. */
  readonly config?: Readonly<Record<string, string>>
}

/** A Kafka cluster of the test's own. Indexes count nodes from 0; without one, all nodes are meant. */
export interface KafkaCluster {
  /** `host:port` of each node, for clients. */
  readonly brokers: readonly string[]
  /** Ends what runs and removes the data. */
  stop: () => Promise<void>
  /** In order, and back at the same address with the same data. */
  restart: (index?: number) => Promise<void>
  /** `kill -9`; `start` brings it back. */
  kill: (index?: number) => Promise<void>
  start: (index?: number) => Promise<void>
  /** SIGSTOP and SIGCONT. */
  pause: (index?: number) => void
  resume: (index?: number) => void
  readonly pids: () => readonly number[]
}

/** Apache Kafka in KRaft mode on loopback, ready to serve; ends with the process that started it. */
export async function startKafka(options: KafkaOptions = {}): Promise<KafkaCluster> {
  const classPath = await kafkaClassPath()
  const root = await mkdtemp(join(tmpdir(), 'tidegauge-kafka-'))
  const remove = (): void => {
    rmSync(root, { recursive: true, force: true })
  }
  process.once('exit', remove)
  const count = options.brokers ?? 1
  const ports = await freePorts(count * 2)
  const clientPorts = ports.slice(0, count)
  const nodes: KafkaNode[] = []
  for (let index = 0; index < count; index++) {
    const directory = join(root, `node-${index + 1}`)
    await formatted(classPath, directory, index + 1)
    const properties = join(root, `node-${index + 1}.properties`)
    const text = nodeProperties({
      id: index + 1,
      clientPorts,
      controllerPorts: ports.slice(count),
      directory,
      config: options.config ?? {},
    })
    await writeFile(properties, text)
    const command = ['java', ...javaOptions, '-cp', classPath, 'kafka.Kafka', properties]
    nodes.push(kafkaNode({ command, root, log: `${directory}.log` }))
  }
  const brokers = clientPorts.map((port) => `127.0.0.1:${port}`)
  const chosen = (index?: number): readonly KafkaNode[] =>
    index === undefined ? nodes : [nodes[index]!]
  const each = async (index: number | undefined, act: (node: KafkaNode) => Promise<void>) => {
    await Promise.all(chosen(index).map(act))
  }
  const start = async (index?: number): Promise<void> => {
    await each(index, (node) => node.start())
    const served = brokers.filter((_, at) => index === undefined || at === index)
    await Promise.race([
      Promise.all(served.map((address) => ready(address, count))),
      ...chosen(index).map((node) => node.failed()),
    ])
  }
  const cluster: KafkaCluster = {
    brokers,
    start,
    stop: async () => {
      // Nothing of the data is wanted any more, so nothing need be written in order.
      await each(undefined, (node) => node.kill())
      process.off('exit', remove)
      await rm(root, { recursive: true, force: true })
    },
    restart: async (index) => {
      await each(index, (node) => node.stop())
      await start(index)
    },
    kill: (index) => each(index, (node) => node.kill()),
    pause: (index) => {
      for (const node of chosen(index)) node.pause()
    },
    resume: (index) => {
      for (const node of chosen(index)) node.resume()
    },
    pids: () => nodes.map((node) => node.pid()),
  }
  try {
    await start()
  } catch (error) {
    await cluster.stop()
    throw error
  }
  return cluster
}

// A broker of a test lives for seconds: no time for the optimising compiler, no memory for its code.
const javaOptions = [
  '-Xmx512m',
  '-XX:TieredStopAtLevel=1',
  '-XX:+UseSerialGC',
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
]

const clusterId = 'tidegauge-test-cluster'

/** A formatted data directory; formatting needs a Java process, so the first one is kept as a mould. */
async function formatted(classPath: string, directory: string, id: number): Promise<void> {
  const mould = await cachedDirectory('formatted', async (into) => {
    const properties = `${into}.properties`
    const ports = { clientPorts: [1], controllerPorts: [2] }
    await writeFile(properties, nodeProperties({ id: 1, ...ports, directory: into, config: {} }))
    const format = ['kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', properties]
    await run('java', ['-XX:TieredStopAtLevel=1', '-cp', classPath, ...format])
    await rm(properties)
  })
  await mkdir(directory)
  await copyDirectory(mould, directory)
  const meta = [`version=1`, `cluster.id=${clusterId}`, `node.id=${id}`]
  await writeFile(join(directory, 'meta.properties'), `${meta.join('\n')}\n`)
}

/** Resolves when the node at this address serves and knows so many members. */
async function ready(address: string, members: number): Promise<void> {
  const admin = new kafkajs.Kafka({
    brokers: [address],
    logLevel: kafkajs.logLevel.NOTHING,
    retry: { retries: 0 },
  }).admin()
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; await sleep(50)) {
    try {
      await admin.connect()
      const { brokers, controller } = await admin.describeCluster()
      if (brokers.length === members && controller !== null) return
    } catch {
      // Not yet.
    } finally {
      await admin.disconnect()
    }
  }
  throw new Error('Kafka did not get ready within a minute')
}

/** Free ports below the range that outgoing connections take, so that they are still free at a restart. */
async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>()
  while (ports.size < count) {
    const port = 20_000 + Math.floor(Math.random() * 10_000)
    const server = createServer()
    const free = await new Promise<boolean>((resolve) => {
      server.once('error', () => {
        resolve(false)
      })
      server.listen(port, '127.0.0.1', () => {
        server.close(() => {
          resolve(true)
        })
      })
    })
    if (free) ports.add(port)
  }
  return [...ports]
}
