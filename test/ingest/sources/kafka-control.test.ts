import { afterEach, beforeAll, expect, test } from 'vitest'
import type { Clock } from '../../../core/clock.ts'
import { createLogger } from '../../../core/log.ts'
import { ControlGroup } from '../../../ingest/sources/kafka-control.ts'
import type { ClusterClient, GroupHandlers } from '../../../ingest/sources/kafka-ports.ts'
import { createClusterClient } from '../../../ingest/sources/kafka.ts'
import { describeKafka, sharedKafka } from '../../support/kafka.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { clusterConfig, holds } from './kafka-fixture.ts'

const log = createLogger({ level: 'silent', format: 'json' })

describeKafka('a control group', () => {
  const members: ControlGroup[] = []
  let brokers: readonly string[] = []
  beforeAll(async () => {
    brokers = (await sharedKafka()).brokers
  })
  afterEach(async () => {
    await Promise.all(members.splice(0).map((member) => member.leave()))
  })

  function join(topic: string, onChange?: () => void): ControlGroup {
    const client = createClusterClient({
      cluster: clusterConfig(brokers, `${topic}-group`),
      refreshMs: 60_000,
      secret: (reference) => reference,
      log,
    })
    const clock: Clock = { now: () => Date.now(), monotonic: () => performance.now() }
    const options = { topic, partitions: 8, sessionTimeoutMs: 6000, retryMs: 100 }
    const member = new ControlGroup(options, { client, clock, log }, onChange)
    members.push(member)
    return member
  }

  test('every partition belongs to one member, and to the others when that one leaves', async () => {
    const topic = `control-${Math.floor(performance.now() * 1000)}`
    let changes = 0
    const first = join(topic, () => changes++)
    await holds(async () => {
      expect(first.assigned().size).toBe(8)
    })
    expect(first.count()).toBe(8)
    expect(changes).toBe(1)
    const second = join(topic)
    await holds(async () => {
      expect([first.assigned().size, second.assigned().size]).toEqual([4, 4])
    })
    expect(new Set([...first.assigned(), ...second.assigned()]).size).toBe(8)
    await second.leave()
    expect(second.assigned().size).toBe(0)
    await holds(async () => {
      expect(first.assigned().size).toBe(8)
    })
  })
})

test('without a heartbeat for most of a session nothing is owned, before the group gives it away', async () => {
  const clock = new ManualClock()
  let handlers: GroupHandlers | undefined
  const session = { pause: () => undefined, leave: async () => undefined }
  const client = {
    topics: async () => ['control'],
    watermarks: async () => new Map([0, 1].map((p) => [p, { low: 0, high: 0 }])),
    join: async (_: unknown, given: GroupHandlers) => {
      handlers = given
      return session
    },
    close: async () => undefined,
  } as unknown as ClusterClient
  const options = { topic: 'control', partitions: 2, sessionTimeoutMs: 9000 }
  const group = new ControlGroup(options, { client, clock, log })
  await holds(async () => {
    expect(handlers).toBeDefined()
  })
  handlers!.believed()
  handlers!.joined(session as never, new Map([['control', [0, 1]]]))
  expect([...group.assigned()]).toEqual([0, 1])
  clock.advance(6001)
  expect([...group.assigned()]).toEqual([])
  handlers!.believed()
  expect([...group.assigned()]).toEqual([0, 1])
  handlers!.lost()
  expect([...group.assigned()]).toEqual([])
  await group.leave()
})
