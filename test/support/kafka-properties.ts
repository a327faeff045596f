/** Ports of one node. */
export interface NodePorts {
  /** For clients, with the security that was asked for. */
  readonly client: number
  /** Where clients are told to come: the same, or a proxy's. */
  readonly advertised: number
  /** Plain, past proxies: other nodes and the helpers of tests. */
  readonly internal: number
  readonly controller: number
}

export interface NodeSettings {
  /** From 1. */
  readonly id: number
  /** One a node. */
  readonly ports: readonly NodePorts[]
  readonly directory: string
  readonly config: Readonly<Record<string, string>>
}

/** server.properties of one node: broker and controller in one, everything on loopback. */
export function nodeProperties({ id, ports, directory, config }: NodeSettings): string {
  const replicas = String(ports.length)
  const own = ports[id - 1]!
  const at = (port: number): string => `127.0.0.1:${port}`
  const properties: Record<string, string> = {
    'process.roles': 'broker,controller',
    'node.id': String(id),
    'controller.quorum.voters': ports
      .map(({ controller }, index) => `${index + 1}@${at(controller)}`)
      .join(','),
    listeners: `CLIENT://${at(own.client)},INTERNAL://${at(own.internal)},CONTROLLER://${at(own.controller)}`,
    'advertised.listeners': `CLIENT://${at(own.advertised)},INTERNAL://${at(own.internal)}`,
    'listener.security.protocol.map': 'CLIENT:PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'inter.broker.listener.name': 'INTERNAL',
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': directory,
    'offsets.topic.replication.factor': replicas,
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': '1',
    ...quick,
    ...config,
  }
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')
}

// What makes a broker slow to start, heavy, or late to do what a test waits for.
const quick = {
  'offsets.topic.num.partitions': '1',
  'transaction.state.log.num.partitions': '1',
  'group.initial.rebalance.delay.ms': '0',
  'group.min.session.timeout.ms': '500',
  // A killed node may come back only when its session has ended.
  'broker.session.timeout.ms': '1500',
  'broker.heartbeat.interval.ms': '300',
  'auto.create.topics.enable': 'false',
  'num.network.threads': '2',
  'num.io.threads': '2',
  'background.threads': '2',
  'log.cleaner.dedupe.buffer.size': '4194304',
  'log.cleaner.backoff.ms': '200',
  'log.retention.check.interval.ms': '500',
  'log.initial.task.delay.ms': '500',
  'log.segment.delete.delay.ms': '0',
}
