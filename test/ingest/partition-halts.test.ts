import { expect, test } from 'vitest'
import type { RejectLimits } from '../../ingest/reject-guard.ts'
import { SliceIntake } from '../../ingest/slice-intake.ts'
import type { PartitionSlice } from '../../ingest/sources/partition-slice.ts'
import type { Store } from '../../store/client.ts'
import { changedHalt, insertPartitionHalt } from '../../store/insert-partition-halt.ts'
import { openModelRegistry } from '../../store/model-registry.ts'
import { partitionHaltOf } from '../../store/queries/partition-halt-of.ts'
import type { PartitionHalt } from '../../store/queries/partition-halts-row.ts'
import { ingestDeps, partitionHalts } from '../support/ingest.ts'
import { describeStore } from '../support/store.ts'

const limits = { batchRows: 1000, batchBytes: 1 << 20, batchWaitMs: 5, maxInsertsPerSecond: 1000 }
const threeInARow: RejectLimits = { run: 3, ratio: 0, window: 0 }
const halted = { code: 'PARTITION_HALTED' }

/** One life of a process that takes slices. */
async function openIntake(store: Store, reject = threeInARow): Promise<SliceIntake> {
  const deps = ingestDeps(store, await openModelRegistry(store))
  return new SliceIntake({ ...deps, limits, halts: partitionHalts(store, reject) })
}

/** `.` is an event of its offset, `x` no JSON, `/` an event and a line that is none. */
function slice(topic: string, first: number, text: string, partition = 0): PartitionSlice {
  const messages = Array.from(text, (letter, index) => {
    const event = JSON.stringify({ model: topic, id: `${first + index}`, features: { x: 1 } })
    const value = letter === '.' ? event : letter === '/' ? `${event}\nno json` : 'no json'
    const timestamp = Date.now()
    return {
      ...{ offset: first + index, topic, headers: new Map<string, string>() },
      ...{ timestamp, value: Buffer.from(value) },
    }
  })
  return {
    ...{ source: 'kafka:main', stream: topic, topic, partition, first, messages },
    ...{ last: first + text.length - 1, absent: 'compaction', decoding: 'native', backfill: false },
  }
}

const offsets = (store: Store, topic: string, table: string, column: string): Promise<number[]> =>
  store.query({
    name: 'test-offsets',
    sql: `SELECT ${column} AS at FROM ${table} FINAL WHERE ${table === 'dead_letters' ? 'topic' : '_topic'} = {topic:String} ORDER BY at`,
    params: { topic },
    toRow: (raw) => Number(raw['at']),
  })
const letters = (store: Store, topic: string) => offsets(store, topic, 'dead_letters', 'offset')
const events = (store: Store, topic: string) => offsets(store, topic, `events_${topic}`, '_offset')

async function haltOf(store: Store, topic: string): Promise<PartitionHalt | undefined> {
  const place = { source: 'kafka:main', topic, partition: 0 }
  return (await store.query(partitionHaltOf(place)))[0]
}

async function release(store: Store, topic: string): Promise<void> {
  const halt = await haltOf(store, topic)
  const change = { state: 'released', releasedBy: 'ops' } as const
  await insertPartitionHalt(store, changedHalt(halt!, change, Date.now()))
}

describeStore('a partition of which too much is refused', (getStore) => {
  test('is halted: what came before is stored, the table says where and why, others go on', async () => {
    const { store } = getStore()
    const intake = await openIntake(store)
    const received = await Promise.allSettled([
      intake.receive(slice('bad', 10, '.x..xxxxxx...')),
      intake.receive(slice('bad', 23, '...')),
      intake.receive(slice('bad', 0, '.x.', 1)),
    ])
    expect(received).toMatchObject([
      { status: 'rejected', reason: halted },
      { status: 'rejected', reason: halted },
      { status: 'fulfilled' },
    ])
    await intake.close()
    expect(await letters(store, 'bad')).toEqual([1, 11, 14, 15])
    expect(await events(store, 'bad')).toEqual([0, 2, 10, 12, 13])
    expect(await haltOf(store, 'bad')).toMatchObject({
      ...{ state: 'halted', offset: 16, exceeded: 'run', refused: 3, seen: 3 },
      ...{ reason: 'invalid_json', releasedBy: '' },
    })
  })

  test('is refused at once while nobody has released it, and then becomes dead letters up to the first good one', async () => {
    const { store } = getStore()
    const intake = await openIntake(store)
    const stretch = slice('freed', 0, '.xxxxxxx.x.xxx.')
    await expect(intake.receive(stretch)).rejects.toMatchObject(halted)
    // It is refused before it is read: no message of it could be.
    const unread = { ...stretch, decoding: 'there is none' }
    await expect(intake.receive(unread)).rejects.toMatchObject(halted)
    await release(store, 'freed')
    await expect(intake.receive(stretch)).rejects.toMatchObject(halted)
    await intake.close()
    expect(await letters(store, 'freed')).toEqual([1, 2, 3, 4, 5, 6, 7, 9, 11, 12])
    expect(await events(store, 'freed')).toEqual([0, 8, 10])
    expect(await haltOf(store, 'freed')).toMatchObject({ state: 'halted', offset: 13 })
  })

  test('is over once a message is accepted, and a later life knows nothing of it', async () => {
    const { store } = getStore()
    const one = await openIntake(store)
    await expect(one.receive(slice('over', 0, 'xxxx'))).rejects.toMatchObject(halted)
    await release(store, 'over')
    await one.receive(slice('over', 0, 'xxxx'))
    expect(await haltOf(store, 'over')).toMatchObject({ state: 'released', offset: 2 })
    await one.receive(slice('over', 4, 'x.x'))
    expect(await haltOf(store, 'over')).toMatchObject({ state: 'resumed', releasedBy: 'ops' })
    await one.close()
    const two = await openIntake(store)
    await expect(two.receive(slice('over', 7, '.xxxx'))).rejects.toMatchObject(halted)
    await two.close()
    expect(await letters(store, 'over')).toEqual([0, 1, 2, 3, 4, 6, 8, 9])
    expect(await haltOf(store, 'over')).toMatchObject({ state: 'halted', offset: 10 })
  })

  test('halts again at the same offset after a restart, without a letter more', async () => {
    const { store } = getStore()
    for (const from of [0, 0, 3]) {
      const intake = await openIntake(store)
      await expect(
        intake.receive(slice('again', from, 'x.xxxxxxxx'.slice(from))),
      ).rejects.toMatchObject(halted)
      await intake.close()
    }
    expect(await letters(store, 'again')).toEqual([0, 2, 3])
    expect(await haltOf(store, 'again')).toMatchObject({ state: 'halted', offset: 4, seen: 3 })
    const stored = await store.query({
      name: 'test-letters',
      sql: `SELECT count() AS n FROM dead_letters FINAL WHERE topic = 'again'`,
      params: {},
      toRow: (raw) => Number(raw['n']),
    })
    expect(stored).toEqual([3])
  })

  test('goes on by itself after a restart that mended its cause, and loses nothing', async () => {
    const { store } = getStore()
    const broken = await openIntake(store)
    await expect(broken.receive(slice('mended', 0, '.xxxxx'))).rejects.toMatchObject(halted)
    await broken.close()
    const mended = await openIntake(store)
    await mended.receive(slice('mended', 0, '......'))
    await mended.close()
    expect(await events(store, 'mended')).toEqual([0, 1, 2, 3, 4, 5])
    expect(await haltOf(store, 'mended')).toMatchObject({ state: 'resumed', offset: 3 })
  })

  test('is halted behind a message of which a part was accepted', async () => {
    const { store } = getStore()
    const intake = await openIntake(store)
    await expect(intake.receive(slice('parts', 0, '////'))).rejects.toMatchObject(halted)
    await intake.close()
    expect(await events(store, 'parts')).toEqual([0, 1, 2])
    expect(await haltOf(store, 'parts')).toMatchObject({ offset: 3, refused: 3, seen: 3 })
  })

  test('by ratio: the counts are those of the window', async () => {
    const { store } = getStore()
    const intake = await openIntake(store, { run: 0, ratio: 0.5, window: 10 })
    await intake.receive(slice('share', 0, '.x.x.x.x.x'))
    await expect(intake.receive(slice('share', 10, 'x.'))).rejects.toMatchObject(halted)
    await intake.close()
    expect(await haltOf(store, 'share')).toMatchObject({
      ...{ offset: 10, exceeded: 'ratio', refused: 6, seen: 10 },
    })
  })

  test('counts once what the store could not take and came again', async () => {
    const { store, server } = getStore()
    if (server === null) return
    const intake = await openIntake(store)
    const stretch = slice('twice', 0, '.xx')
    server.faults.add({ fault: { kind: 'status', status: 503 }, match: 'INSERT INTO `ledger`' })
    await expect(intake.receive(stretch)).rejects.toMatchObject({ retryable: true })
    await intake.receive(stretch)
    server.faults.add({
      fault: { kind: 'status', status: 503 },
      match: 'INSERT INTO `partition_halts`',
    })
    const last = slice('twice', 3, 'xx')
    await expect(intake.receive(last)).rejects.toMatchObject({ retryable: true })
    await expect(intake.receive(last)).rejects.toMatchObject(halted)
    await intake.close()
    expect(server.faults.pending).toBe(0)
    expect(await letters(store, 'twice')).toEqual([1, 2])
    expect(await haltOf(store, 'twice')).toMatchObject({ state: 'halted', offset: 3 })
  })
})
