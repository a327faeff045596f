import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { createLogger } from '../../../core/log.ts'
import { createKafkaEvents } from '../../../ingest/sources/kafka-events.ts'
import { GroupMember } from '../../../ingest/sources/kafka-group.ts'
import type { GroupSession } from '../../../ingest/sources/kafka-ports.ts'
import { systemClock } from '../../../core/clock.ts'
import { AppError } from '../../../core/errors.ts'
import { holds, MemorySink } from './kafka-fixture.ts'

/** A group of one partition as the client would drive it. */
function group({ committed = 0, watermarks = { low: 0, high: 1000 } } = {}) {
  const sink = new MemorySink()
  const calls: string[] = []
  const commits: number[] = []
  const state = { committed, watermarks, failure: null as unknown, refuse: 0 }
  const session: GroupSession = {
    pause: () => calls.push('pause'),
    resume: () => calls.push('resume'),
    seek: (_, offset) => calls.push(`seek ${offset}`),
    commit: async (positions) => {
      if (state.refuse-- > 0)
        throw new AppError('KAFKA_UNAVAILABLE', 'the group is being shared out')
      commits.push(...positions.map(({ next }) => next))
    },
    leave: async () => undefined,
  }
  const registry = new Registry()
  const member = new GroupMember(
    {
      cluster: 'main',
      slice: { rows: 10, bytes: 1e6 },
      bufferBytes: 1e6,
      concurrency: 4,
      retryMs: 20,
      haltedMs: 20,
    },
    {
      cluster: 'main',
      sink,
      clock: systemClock,
      events: createKafkaEvents(registry, createLogger({ level: 'silent', format: 'json' }), 10),
      readTopic: () => ({ decoding: 'auto', backfill: false, start: 'earliest' }),
      ledgerPosition: async () => null,
      watermarks: async () => new Map([[0, state.watermarks]]),
      committed: async () => new Map([['t', new Map([[0, state.committed]])]]),
      confirmMs: 20,
      failed: (error) => (state.failure = error),
    },
  )
  const join = async () => {
    calls.length = 0
    member.joined(session, new Map([['t', [0]]]))
    await holds(async () => {
      expect(calls).toContain('resume')
    })
  }
  const fetch = (fetched: number, last: number) =>
    member.fetched({
      topic: 't',
      partition: 0,
      fetched,
      last,
      high: 1000,
      messages: Array.from({ length: last - fetched + 1 }, (_, i) => ({
        offset: fetched + i,
        value: Buffer.from(String(fetched + i)),
        headers: new Map(),
        timestamp: 0,
        topic: 't',
      })),
    })
  return { sink, calls, commits, state, member, join, fetch }
}

const gated = () => {
  let open = (): void => undefined
  const gate = new Promise<void>((resolve) => (open = resolve))
  return { gate, open }
}

test('nothing is taken before it is known where the partition stands', async () => {
  const { member, fetch, join, calls } = group({ committed: 7 })
  expect(fetch(0, 9)).toBe(false)
  await join()
  expect(calls).toEqual(['pause', 'seek 7', 'resume'])
  expect(fetch(7, 9)).toBe(true)
  await member.drain()
})

test('a slice of an earlier generation is not committed when it is stored at last', async () => {
  const { sink, commits, join, fetch, member } = group()
  const { gate, open } = gated()
  sink.gate = () => gate
  await join()
  fetch(0, 9)
  member.lost()
  await join()
  open()
  await holds(async () => {
    expect(sink.slices).toHaveLength(1)
  })
  await member.drain()
  expect(commits).toEqual([])
})

test('what is fetched between two generations is not taken', async () => {
  const { join, fetch, member } = group()
  await join()
  member.lost()
  expect(fetch(0, 9)).toBe(false)
})

test('eight slices of a partition are on their way at once, and committed in order', async () => {
  const { sink, commits, join, fetch, member } = group()
  const first = gated()
  sink.gate = ({ first: at }) => (at === 0 ? first.gate : Promise.resolve())
  await join()
  fetch(0, 99)
  await holds(async () => {
    expect(sink.slices.map((slice) => slice.first)).toEqual([10, 20, 30, 40, 50, 60, 70])
  })
  expect(sink.received).toBe(8)
  first.open()
  await member.drain()
  expect(commits).toEqual([...commits].sort((a, b) => a - b))
  expect(commits.at(-1)).toBe(Math.max(...sink.slices.map(({ last }) => last)) + 1)
})

test('a batch from elsewhere than expected is refused, and the partition found anew', async () => {
  const { sink, calls, join, fetch, member, state } = group()
  await join()
  fetch(0, 9)
  state.watermarks = { low: 50, high: 1000 }
  calls.length = 0
  expect(fetch(50, 59)).toBe(false)
  await holds(async () => {
    expect(calls).toEqual(['pause', 'seek 50', 'resume'])
  })
  expect(fetch(50, 59)).toBe(true)
  await holds(async () => {
    expect(sink.slices.map(({ first, last, absent }) => [first, last, absent])).toEqual([
      [0, 9, 'compaction'],
      [10, 49, 'retention'],
      [50, 59, 'compaction'],
    ])
  })
  await member.drain()
})

test('an end that moves back for a moment, as after a change of leader, is no new topic', async () => {
  const { sink, calls, join, fetch, member, state } = group()
  await join()
  fetch(0, 99)
  await holds(async () => {
    expect(sink.slices).toHaveLength(10)
  })
  state.watermarks = { low: 0, high: 90 }
  calls.length = 0
  const check = member.checkWatermarks()
  await check
  state.watermarks = { low: 0, high: 110 }
  await holds(async () => {
    expect(calls).toContain('seek 100')
  })
  fetch(100, 109)
  await member.drain()
  expect(new Set(sink.slices.map(({ stream }) => stream))).toEqual(new Set(['t']))
})

test('a commit that fails is made again, joined with what came meanwhile', async () => {
  const { commits, join, fetch, state, member } = group()
  await join()
  state.refuse = 2
  fetch(0, 9)
  await holds(async () => {
    expect(commits).toEqual([10])
  })
  expect(state.failure).toBe(null)
  await member.drain()
})

test('a bug in the sink ends the member', async () => {
  const { sink, join, fetch, state, commits } = group()
  sink.gate = async () => {
    throw new TypeError('a bug')
  }
  await join()
  fetch(0, 9)
  await holds(async () => {
    expect(state.failure).toBeInstanceOf(TypeError)
  })
  expect(commits).toEqual([])
})

test('a batch that cannot be unpacked stops the partition that waits for it, and no other', async () => {
  const { join, fetch, member } = group()
  await join()
  fetch(0, 9)
  const damaged = (first: number) => {
    member.damaged({ offsets: { first, last: first + 5 }, reason: 'gzip: damaged' })
  }
  await holds(async () => {
    damaged(500)
    damaged(8)
    expect(member.partitions()[0]?.stopped).toBe(true)
  }, 5000)
  const other = group()
  await other.join()
  other.member.damaged({ offsets: { first: 1, last: 9 }, reason: 'gzip: damaged' })
  expect(other.member.partitions()[0]?.stopped).toBe(false)
})
