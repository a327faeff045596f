import { setTimeout as sleep } from 'node:timers/promises'
import type { ClickHouseProcess } from '../support/clickhouse-process.ts'
import { spawnClickHouseServer } from '../support/clickhouse-process.ts'
import type { FaultRule } from '../support/faults.ts'
import type { KafkaCluster } from '../support/kafka-broker.ts'
import type { Seeded } from '../support/seeded.ts'
import type { ServiceProcess } from '../support/service.ts'

/** What runs, for faults to act on; faults put new processes where they ended old ones. */
export interface Running {
  readonly kafka: KafkaCluster
  store: ClickHouseProcess
  readonly storePath: string
  readonly consumers: ServiceProcess[]
  readonly spawnConsumer: () => Promise<ServiceProcess>
  /** Beside another one, which nobody ends. */
  monitor: ServiceProcess
  readonly spawnMonitor: () => Promise<ServiceProcess>
}

export type Fault = (running: Running, random: Seeded) => Promise<void>

const storeFault =
  (rule: FaultRule): Fault =>
  ({ store }) =>
    store.addFault(rule)

/** Rows of the fault matrix that a driver can bring about, by name. */
export const faults: Readonly<Record<string, Fault>> = {
  'a consumer is killed': async ({ consumers, spawnConsumer }, random) => {
    const index = random.int(0, consumers.length - 1)
    await consumers[index]?.kill()
    await sleep(random.int(0, 500))
    consumers[index] = await spawnConsumer()
  },
  'a monitor is killed': async (running, random) => {
    await running.monitor.kill()
    await sleep(random.int(0, 500))
    running.monitor = await running.spawnMonitor()
  },
  'a monitor leaves and comes back': async (running) => {
    const code = await running.monitor.stop()
    if (code !== 0) throw new Error(`a monitor that was told to leave ended with ${code}`)
    running.monitor = await running.spawnMonitor()
  },
  'a consumer joins and leaves': async ({ spawnConsumer }, random) => {
    const guest = await spawnConsumer()
    await sleep(random.int(500, 2500))
    const code = await guest.stop()
    if (code !== 0) throw new Error(`a consumer that was told to leave ended with ${code}`)
  },
  'the broker restarts': ({ kafka }) => kafka.restart(),
  'the broker stands still': async ({ kafka }) => {
    kafka.pause()
    await sleep(3000)
    kafka.resume()
  },
  'the store refuses': storeFault({ fault: { kind: 'status', status: 503 }, times: 20 }),
  'the store has too many parts': storeFault({
    fault: { kind: 'exception', code: 252, type: 'TOO_MANY_PARTS' },
    match: '^INSERT',
    times: 5,
  }),
  'the store is out of memory': storeFault({
    fault: { kind: 'exception', code: 241, type: 'MEMORY_LIMIT_EXCEEDED' },
    match: '^INSERT',
    times: 5,
  }),
  'the store is full': storeFault({
    fault: { kind: 'exception', code: 243, type: 'NOT_ENOUGH_SPACE' },
    match: '^INSERT',
    times: 10,
  }),
  'the store hangs': storeFault({ fault: { kind: 'hang' }, match: '^INSERT', times: 2 }),
  'the store takes effect and resets': storeFault({
    fault: { kind: 'reset' },
    match: '^INSERT',
    executed: true,
    times: 5,
  }),
  'the store is slow': storeFault({ fault: { kind: 'delay', ms: 700 }, times: 15 }),
  'the store is killed': async (running, random) => {
    const { port } = running.store
    await running.store.stop('SIGKILL')
    await sleep(random.int(0, 1000))
    running.store = await spawnClickHouseServer(running.storePath, port)
  },
}
