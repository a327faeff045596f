import { rmSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import kafkajs from 'kafkajs'
import { formatDirectory } from './kafka-format.ts'
import { kafkaClassPath } from './kafka-jars.ts'
import { kafkaNode, type KafkaNode } from './kafka-node.ts'
import { nodeProperties, type NodePorts } from './kafka-properties.ts'
import {
  prepareAccess,
  securityProperties,
  type KafkaAccess,
  type KafkaSecurity,
} from './kafka-security.ts'
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts'

export interface KafkaOptions extends KafkaSecurity {
  /** Default 1. With 3, topics of the broker's own have three replicas. */
  readonly brokers?: 1 | 3
  /** True: clients reach each node through a proxy, also when metadata sends them there. */
  readonly proxied?: boolean
  /** Broker settings beside the ones for quick tests. */
  readonly config?: Readonly<Record<string, string>>
}

/** A Kafka cluster of the test's own. Indexes count nodes from 0; without one, all nodes are meant. */
export interface KafkaCluster {
  /** `host:port` of each node, for clients. */
  readonly brokers: readonly string[]
  /** The same nodes without security and past the proxies, for what prepares a test. */
  readonly direct: readonly string[]
  readonly access: KafkaAccess
  /** One a node when `proxied`, else none. */
  readonly proxies: readonly TcpProxy[]
  /** Ends what runs and removes the data. */
  stop: () => Promise<void>
  /** In order, and back at the same address with the same data. */
  restart: (index?: number) => Promise<void>
  /** `kill -9`; `start` brings it back. */
  kill: (index?: number) => Promise<void>
  start: (index?: number) => Promise<void>
  /** SIGSTOP: connections stay open and nothing answers. */
  pause: (index?: number) => void
  resume: (index?: number) => void
  readonly pids: () => readonly number[]
}

/** Apache Kafka in KRaft mode on loopback, ready to serve; ends with the process that started it. */
export async function startKafka(options: KafkaOptions = {}): Promise<KafkaCluster> {
  const classPath = await kafkaClassPath()
  const root = await mkdtemp(join(tmpdir(), 'tidegauge-kafka-'))
  const removeAtExit = (): void => {
    rmSync(root, { recursive: true, force: true })
  }
  process.once('exit', removeAtExit)
  const { ports, proxies } = await choosePorts(options)
  const access = await prepareAccess(options, root)
  const nodes: KafkaNode[] = []
  for (const index of ports.keys())
    nodes.push(await prepareNode({ options, classPath, root, ports, index }))
  const cluster = clusterOf(nodes, ports)
  const opened: KafkaCluster = {
    ...cluster,
    brokers: ports.map(({ advertised }) => `127.0.0.1:${advertised}`),
    access,
    proxies,
    stop: async () => {
      // Nothing of the data is wanted any more, so nothing need be written in order.
      await cluster.kill()
      await Promise.all(proxies.map((proxy) => proxy.close()))
      process.off('exit', removeAtExit)
      await rm(root, { recursive: true, force: true })
    },
  }
  try {
    await opened.start()
  } catch (error) {
    await opened.stop()
    throw error
  }
  return opened
}

async function choosePorts({ brokers = 1, proxied = false }: KafkaOptions) {
  const free = await freePorts(brokers * 3)
  const proxies: TcpProxy[] = []
  const ports: NodePorts[] = []
  for (let index = 0; index < brokers; index++) {
    const [client, internal, controller] = free.slice(index * 3) as [number, number, number]
    if (proxied) proxies.push(await startTcpProxy({ to: { port: client }, seed: index }))
    ports.push({ client, internal, controller, advertised: proxies[index]?.port ?? client })
  }
  return { ports, proxies }
}

interface Preparing {
  readonly options: KafkaOptions
  readonly classPath: string
  readonly root: string
  readonly ports: readonly NodePorts[]
  readonly index: number
}

// A broker of a test lives for seconds: no time for the optimising compiler, no memory for its code.
const javaOptions = [
  '-Xmx512m',
  '-XX:TieredStopAtLevel=1',
  '-XX:+UseSerialGC',
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
]

async function prepareNode(preparing: Preparing): Promise<KafkaNode> {
  const { options, classPath, root, ports } = preparing
  const id = preparing.index + 1
  const directory = join(root, `node-${id}`)
  await formatDirectory(classPath, directory, id)
  const config = { ...securityProperties(options, root), ...options.config }
  const properties = `${directory}.properties`
  await writeFile(properties, nodeProperties({ id, ports, directory, config }))
  const command = ['java', ...javaOptions, '-cp', classPath, 'kafka.Kafka', properties]
  return kafkaNode({ command, root, log: `${directory}.log` })
}

/** What can be done to nodes, one or all. */
function clusterOf(nodes: readonly KafkaNode[], ports: readonly NodePorts[]) {
  const direct = ports.map(({ internal }) => `127.0.0.1:${internal}`)
  const chosen = <T>(all: readonly T[], index: number | undefined): readonly T[] =>
    index === undefined ? all : [all[index]!]
  const each = async (
    index: number | undefined,
    act: (node: KafkaNode) => Promise<void>,
  ): Promise<void> => {
    await Promise.all(chosen(nodes, index).map(act))
  }
  const start = async (index?: number): Promise<void> => {
    await each(index, (node) => node.start())
    await Promise.race([
      Promise.all(chosen(direct, index).map((address) => ready(address, nodes.length))),
      ...chosen(nodes, index).map(({ failed }) => failed()),
    ])
  }
  return {
    direct,
    start,
    restart: async (index?: number) => {
      await each(index, (node) => node.stop())
      await start(index)
    },
    kill: (index?: number) => each(index, (node) => node.kill()),
    pause: (index?: number) => {
      for (const node of chosen(nodes, index)) node.pause()
    },
    resume: (index?: number) => {
      for (const node of chosen(nodes, index)) node.resume()
    },
    pids: () => nodes.map(({ pid }) => pid()),
  }
}

/** Resolves when the node at this address serves and knows so many members. */
async function ready(address: string, members: number): Promise<void> {
  const admin = new kafkajs.Kafka({
    brokers: [address],
    logLevel: kafkajs.logLevel.NOTHING,
    retry: { retries: 0 },
  }).admin()
  for (const deadline = Date.now() + 60_000; Date.now() < deadline;) {
    try {
      await admin.connect()
      const { brokers, controller } = await admin.describeCluster()
      if (brokers.length === members && controller !== null) return
    } catch {
      // Not yet.
    } finally {
      await admin.disconnect()
    }
    await sleep(50)
  }
  throw new Error('Kafka did not get ready within a minute')
}

/** Free ports below the range that outgoing connections take, so that they are still free at a restart. */
async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>()
  while (ports.size < count) {
    const port = 20_000 + Math.floor(Math.random() * 10_000)
    if (await isFree(port)) ports.add(port)
  }
  return [...ports]
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', () => {
      resolve(false)
    })
    server.listen(port, '127.0.0.1', () => {
      server.close(() => {
        resolve(true)
      })
    })
  })
}
