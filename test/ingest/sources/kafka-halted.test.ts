import { Registry } from 'prom-client'
import { afterEach, expect, test } from 'vitest'
import { systemClock } from '../../../core/clock.ts'
import { AppError } from '../../../core/errors.ts'
import { createLogger } from '../../../core/log.ts'
import { createKafkaEvents } from '../../../ingest/sources/kafka-events.ts'
import { GroupMember } from '../../../ingest/sources/kafka-group.ts'
import type { GroupSession, TopicPartition } from '../../../ingest/sources/kafka-ports.ts'
import { holds, MemorySink } from './kafka-fixture.ts'

const high = 20
const members: GroupMember[] = []
afterEach(() => {
  for (const member of members.splice(0)) member.lost()
})

/** A member whose client fetches five messages whenever a partition is resumed. */
function start(sink: MemorySink) {
  const committed = new Map<number, number>()
  const failures: unknown[] = []
  const log = createLogger({ level: 'silent', format: 'json' })
  const member = new GroupMember(
    {
      ...{ cluster: 'main', slice: { rows: 5, bytes: 1 << 20 }, bufferBytes: 1 << 20 },
      ...{ concurrency: 1, retryMs: 5, haltedMs: 20 },
    },
    {
      cluster: 'main',
      sink,
      clock: systemClock,
      events: createKafkaEvents(new Registry(), log, 10),
      confirmMs: 1,
      readTopic: () => ({ decoding: 'native', backfill: false, start: 'latest' }),
      failed: (error) => failures.push(error),
      ledgerPosition: sink.ledgerPosition,
      committed: async (topics) => new Map(topics.map((topic) => [topic, committed])),
      watermarks: async () =>
        new Map(
          [0, 1].map((partition) => [partition, { low: 0, high: partition === 0 ? high : 5 }]),
        ),
    },
  )
  const seeks: [partition: number, offset: number][] = []
  const fetch = ({ topic, partition }: TopicPartition, from: number): void => {
    const offsets = [0, 1, 2, 3, 4].map((index) => from + index)
    const message = { topic, headers: new Map<string, string>(), timestamp: 0 }
    member.fetched({
      ...{ topic, partition, fetched: from, last: from + 4, high },
      messages: offsets.map((offset) => ({ ...message, offset, value: Buffer.from(`${offset}`) })),
    })
  }
  const session: GroupSession = {
    pause: () => undefined,
    resume: () => undefined,
    seek: (at, offset) => {
      seeks.push([at.partition, offset])
      if (offset < (at.partition === 0 ? high : 5)) setImmediate(fetch, at, offset)
    },
    commit: async (positions) => {
      for (const { partition, next } of positions) committed.set(partition, next)
    },
    leave: async () => undefined,
  }
  members.push(member)
  return { member, session, committed, seeks, failures }
}

test('a halted partition is offered again from where it is stored, and keeps no other waiting', async () => {
  const sink = new MemorySink()
  let halted = true
  sink.gate = async ({ partition, first }) => {
    if (partition === 0 && halted && first >= 5) throw new AppError('PARTITION_HALTED', 'halted')
  }
  const { member, session, committed, seeks, failures } = start(sink)
  committed.set(0, 5)
  committed.set(1, 0)
  member.joined(session, new Map([['t', [0, 1]]]))
  await holds(async () => {
    expect(seeks.filter(([partition]) => partition === 0).length).toBeGreaterThan(3)
  })
  expect(new Set(seeks.map(String))).toEqual(new Set(['0,5', '1,0']))
  expect(sink.values('t')).toEqual(['0', '1', '2', '3', '4'])
  expect(member.bufferedBytes).toBeLessThan(5000)
  halted = false
  await holds(async () => {
    expect(sink.values('t').length).toBe(10)
  })
  expect(member.partitions().map(({ stopped }) => stopped)).toEqual([false, false])
  expect(failures).toEqual([])
})

test('any other refusal stops a partition for good', async () => {
  const sink = new MemorySink()
  sink.gate = async () => {
    throw new AppError('KAFKA_BATCH_UNREADABLE', 'damaged')
  }
  const { member, session, committed, seeks } = start(sink)
  committed.set(0, 5)
  member.joined(session, new Map([['t', [0]]]))
  await holds(async () => {
    expect(member.partitions()).toMatchObject([{ stopped: true }])
  })
  await new Promise((resolve) => setTimeout(resolve, 60))
  expect(seeks).toEqual([[0, 5]])
  expect(sink.received).toBe(1)
})
