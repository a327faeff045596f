import { afterEach, expect, test } from 'vitest'
import { storePartitions } from '../../api/store-partitions.ts'
import { insertPartitionHalt } from '../../store/insert-partition-halt.ts'
import type { PartitionHalt } from '../../store/queries/partition-halts-row.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { describeStore } from '../support/store.ts'
import { appOf, bearer, closeApps, fakes, halt, keyring, madeKey, noon } from './fakes.ts'

afterEach(closeApps)

const place = { source: 'kafka:main', topic: 'events', partition: 3 }
const request = (headers = {}, payload: object = place) => ({
  ...{ method: 'POST' as const, url: '/v1/partitions/release', payload },
  headers: { 'content-type': 'application/json', ...headers },
})

test('halted partitions are listed, and released on the record', async () => {
  const { deps, calls } = fakes()
  const partitions = { ...deps.partitions, list: async () => [halt] }
  const app = await appOf({ ...deps, partitions })
  const published = {
    ...{ ...place, state: 'halted', offset: 42, exceeded: 'run', reason: 'invalid_json' },
    ...{ detail: 'position 1', refused: 1000, seen: 1000, released_by: '' },
    ...{ halted_at: '2026-11-20T12:00:00.000Z', changed_at: '2026-11-20T12:00:00.000Z' },
  }
  expect((await app.inject('/v1/partitions')).json()).toEqual({ partitions: [published] })
  const released = await app.inject(request())
  expect([released.statusCode, released.json()]).toEqual([200, published])
  const entry = { action: 'partition.release', subject: 'kafka:main/events/3', detail: {} }
  expect(calls).toEqual([
    ['audit', { actor: 'anonymous', ...entry }],
    ['release', place, 'anonymous'],
  ])
})

test('releasing needs scope admin, and neither is for keys that are bound to models', async () => {
  const { deps, calls } = fakes()
  const write = madeKey(['read', 'write'])
  const bound = madeKey(['admin'], { models: ['fraud'] })
  const keys = keyring([write.stored, bound.stored])
  const app = await appOf({ ...deps, keys })
  const list = (headers: object) => app.inject({ url: '/v1/partitions', headers: { ...headers } })
  expect((await list(bearer(write.key))).statusCode).toBe(200)
  expect((await list(bearer(bound.key))).statusCode).toBe(403)
  expect((await app.inject(request(bearer(write.key)))).statusCode).toBe(403)
  expect((await app.inject(request(bearer(bound.key)))).statusCode).toBe(403)
  expect(calls.map(([port]) => port)).toEqual(['partitions'])
})

test.each([{}, { ...place, partition: -1 }, { ...place, partition: 'x' }, { ...place, more: 1 }])(
  '%j is no partition',
  async (payload) => {
    const app = await appOf(fakes().deps)
    expect((await app.inject(request({}, payload))).statusCode).toBe(400)
  },
)

describeStore('halts at rest', (getStore) => {
  test('are listed with those in force first, and released once however often it is asked', async () => {
    const { store } = getStore()
    const clock = new ManualClock(noon)
    const partitions = storePartitions(store, clock)
    const put = (change: Partial<PartitionHalt>) =>
      insertPartitionHalt(store, { ...halt, ...change })
    await put({ partition: 1, state: 'resumed', haltedAt: noon + 3000 })
    await put({ partition: 2 })
    await put({ partition: 3, haltedAt: noon + 1000 })
    const states = async () =>
      (await partitions.list()).map(({ partition, state }) => [partition, state])
    expect(await states()).toEqual([
      [3, 'halted'],
      [2, 'halted'],
      [1, 'resumed'],
    ])
    const released = await partitions.release(place, 'ops')
    expect(released).toEqual({
      ...{ ...halt, haltedAt: noon + 1000, state: 'released', releasedBy: 'ops' },
      changedAt: noon + 1,
    })
    clock.advance(5000)
    expect(await partitions.release(place, 'somebody else')).toEqual(released)
    expect(await states()).toEqual([
      [2, 'halted'],
      [1, 'resumed'],
      [3, 'released'],
    ])
    const none = { code: 'PARTITION_NOT_HALTED' }
    await expect(partitions.release({ ...place, partition: 1 }, 'ops')).rejects.toMatchObject(none)
    await expect(partitions.release({ ...place, topic: "t' OR 1" }, '')).rejects.toMatchObject(none)
  })
})
