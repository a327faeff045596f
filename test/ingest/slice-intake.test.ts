import { expect, test } from 'vitest'
import type { Decoder, Half } from '../../ingest/formats/decoder.ts'
import { nativeDecoder } from '../../ingest/formats/native.ts'
import { giveUpHalves } from '../../ingest/give-up-halves.ts'
import { SliceIntake } from '../../ingest/slice-intake.ts'
import type { PartitionSlice } from '../../ingest/sources/partition-slice.ts'
import type { Store } from '../../store/client.ts'
import { openModelRegistry } from '../../store/model-registry.ts'
import { ingestDeps } from '../support/ingest.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { describeStore } from '../support/store.ts'

const limits = { batchRows: 1000, batchBytes: 1 << 20, batchWaitMs: 5, maxInsertsPerSecond: 1000 }

/** `{"half": …}` is a half; everything else native. */
const halvesDecoder: Decoder = {
  decode: (message) => {
    const { half } = JSON.parse(String(message.value)) as { half?: Half }
    return half === undefined ? nativeDecoder.decode(message) : { kind: 'half', half }
  },
}

async function open(store: Store) {
  const registry = await openModelRegistry(store)
  const decoder = (name: string): Decoder | undefined =>
    ({ native: nativeDecoder, halves: halvesDecoder })[name]
  const deps = ingestDeps(store, registry, { decoder })
  return {
    deps,
    registry,
    newIntake: () => new SliceIntake({ ...deps, limits }),
  }
}

function slice(
  place: { topic: string; partition?: number; first: number; last?: number },
  messages: readonly (readonly [offset: number, value: object | string | null])[],
  more: Partial<PartitionSlice> = {},
): PartitionSlice {
  const { topic, partition = 0, first } = place
  return {
    source: 'kafka:main',
    stream: topic,
    topic,
    partition,
    first,
    last: place.last ?? messages.at(-1)?.[0] ?? first,
    absent: 'compaction',
    decoding: 'native',
    backfill: false,
    messages: messages.map(([offset, value]) => ({
      offset,
      topic,
      headers: new Map(),
      timestamp: Date.now(),
      value:
        value === null
          ? null
          : Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)),
    })),
    ...more,
  }
}

const rowsOf = async (store: Store, sql: string): Promise<Record<string, unknown>[]> =>
  store.query({ name: 'test', sql, params: {}, toRow: (raw) => ({ ...raw }) })

const ledgerOf = (store: Store, topic: string) =>
  rowsOf(
    store,
    `SELECT partition, first_offset AS first, last_offset AS last, messages, taken, rejected, held, skipped, absent, lost, rows
     FROM ledger FINAL WHERE topic = '${topic}' ORDER BY partition, first, last`,
  )

const request = (pair: string, rows: object[]) => ({
  half: {
    side: 'request',
    pair,
    id: pair,
    ts: Date.now(),
    model: 'paired',
    version: '',
    variant: '',
    tags: {},
    rows,
  },
})
const response = (pair: string, rows: object[]) => ({
  half: { ...request(pair, rows).half, side: 'response', version: '3', latencyMs: 5, error: null },
})

describeStore('slices of partitions', (getStore) => {
  test('are accounted for offset by offset: taken, refused, absent', async () => {
    const { store } = getStore()
    const intake = (await open(store)).newIntake()
    await intake.receive(
      slice({ topic: 'account', partition: 3, first: 4_294_967_300, last: 4_294_967_309 }, [
        [4_294_967_301, { model: 'account', features: { x: 1 } }],
        [4_294_967_302, 'no json'],
        [4_294_967_303, null],
        [4_294_967_306, '{"model":"account","features":{"x":2}}\n{"model":"account","id":"b"}'],
      ]),
    )
    await intake.close()
    expect(await ledgerOf(store, 'account')).toEqual([
      {
        partition: 3,
        first: 4_294_967_300,
        last: 4_294_967_309,
        messages: 4,
        taken: 2,
        rejected: 2,
        held: 0,
        skipped: 0,
        absent: 6,
        lost: 0,
        rows: 3,
      },
    ])
    expect(
      await rowsOf(store, 'SELECT event_id, _offset FROM events_account FINAL ORDER BY event_id'),
    ).toEqual([
      { event_id: 'account:3:4294967301', _offset: 4_294_967_301 },
      { event_id: 'account:3:4294967306', _offset: 4_294_967_306 },
      { event_id: 'b', _offset: 4_294_967_306 },
    ])
    expect(
      await rowsOf(
        store,
        `SELECT offset, reason, raw, decoding FROM dead_letters FINAL WHERE topic = 'account' ORDER BY offset`,
      ),
    ).toEqual([
      { offset: 4_294_967_302, reason: 'invalid_json', raw: 'no json', decoding: 'native' },
      { offset: 4_294_967_303, reason: 'not_an_object', raw: '', decoding: 'native' },
    ])
  })

  test('of several partitions share a batch, a ledger row for each', async () => {
    const { store } = getStore()
    const { registry, newIntake } = await open(store)
    await registry.put({ model: 'shared', kind: 'features', features: { x: 'numeric' } }, 'api')
    const intake = newIntake()
    const event = (id: string) => ({ model: 'shared', id, features: { x: 1 } })
    await Promise.all([
      intake.receive(slice({ topic: 'shared', partition: 0, first: 0 }, [[0, event('a')]])),
      intake.receive(slice({ topic: 'shared', partition: 1, first: 7 }, [[7, event('b')]])),
      intake.receive(slice({ topic: 'shared', partition: 0, first: 1 }, [[1, event('c')]])),
    ])
    await intake.close()
    expect(await ledgerOf(store, 'shared')).toMatchObject([
      { partition: 0, first: 0, last: 1, taken: 2 },
      { partition: 1, first: 7, last: 7, taken: 1 },
    ])
    expect(
      await rowsOf(
        store,
        'SELECT event_id, _source, _topic, _partition, _offset FROM events_shared FINAL ORDER BY event_id',
      ),
    ).toEqual([
      { event_id: 'a', _source: 'kafka:main', _topic: 'shared', _partition: 0, _offset: 0 },
      { event_id: 'b', _source: 'kafka:main', _topic: 'shared', _partition: 1, _offset: 7 },
      { event_id: 'c', _source: 'kafka:main', _topic: 'shared', _partition: 0, _offset: 1 },
    ])
  })

  test('that retention took are recorded as lost', async () => {
    const { store } = getStore()
    const intake = (await open(store)).newIntake()
    await intake.receive(slice({ topic: 'gone', first: 10, last: 99 }, [], { absent: 'retention' }))
    await intake.close()
    expect(await ledgerOf(store, 'gone')).toMatchObject([
      { first: 10, last: 99, messages: 0, taken: 0, lost: 90 },
    ])
  })

  test('keep bytes that are no text in their dead letters', async () => {
    const { store } = getStore()
    const intake = (await open(store)).newIntake()
    const value = Buffer.from([0, 255, 128, 10, 34])
    const one = slice({ topic: 'bytes', first: 0 }, [[0, '']])
    await intake.receive({ ...one, messages: one.messages.map((m) => ({ ...m, value })) })
    await intake.close()
    expect(
      await rowsOf(store, `SELECT hex(raw) AS raw, reason FROM dead_letters WHERE topic = 'bytes'`),
    ).toEqual([{ raw: value.toString('hex').toUpperCase(), reason: 'invalid_encoding' }])
  })
})

describeStore('halves of inferences', (getStore) => {
  const paired = (store: Store) =>
    rowsOf(
      store,
      'SELECT event_id, version, prediction, `features.x` AS x, _partition, _offset FROM events_paired FINAL ORDER BY event_id',
    )

  test('meet in a batch, across batches and instances, and in any order', async () => {
    const { store } = getStore()
    const { newIntake } = await open(store)
    const halves = { decoding: 'halves' }
    const one = newIntake()
    await one.receive(
      slice(
        { topic: 'requests', first: 0 },
        [
          [0, request('same', [{ x: 1 }])],
          [1, response('same', [{ prediction: 'a' }])],
          [2, request('later', [{ x: 2 }, { x: 3 }])],
        ],
        halves,
      ),
    )
    await one.close()
    const other = newIntake()
    const responses = [
      [0, response('later', [{ prediction: 'b' }, { prediction: 'c' }])],
      [1, response('first', [{ prediction: 'd' }])],
    ] as const
    await other.receive(slice({ topic: 'responses', partition: 1, first: 0 }, responses, halves))
    await other.receive(
      slice({ topic: 'requests', first: 3 }, [[3, request('first', [{ x: 4 }])]], halves),
    )
    await other.close()
    expect(await paired(store)).toEqual([
      { event_id: 'first', version: '3', prediction: 'd', x: 4, _partition: 0, _offset: 3 },
      { event_id: 'later#0', version: '3', prediction: 'b', x: 2, _partition: 1, _offset: 0 },
      { event_id: 'later#1', version: '3', prediction: 'c', x: 3, _partition: 1, _offset: 0 },
      { event_id: 'same', version: '3', prediction: 'a', x: 1, _partition: 0, _offset: 1 },
    ])
    expect(await ledgerOf(store, 'requests')).toMatchObject([
      { first: 0, last: 2, messages: 3, taken: 2, held: 1 },
      { first: 3, last: 3, messages: 1, taken: 1, held: 0 },
    ])
    expect(await ledgerOf(store, 'responses')).toMatchObject([
      { first: 0, last: 1, messages: 2, taken: 1, held: 1 },
    ])
  })

  test('that do not fit each other are refused, once, where the second came', async () => {
    const { store } = getStore()
    const intake = (await open(store)).newIntake()
    const messages = [
      [0, request('odd', [{ x: 1 }, { x: 2 }])],
      [1, response('odd', [{ prediction: 'a' }])],
    ] as const
    await intake.receive(slice({ topic: 'odd', first: 0 }, messages, { decoding: 'halves' }))
    await intake.close()
    expect(await ledgerOf(store, 'odd')).toMatchObject([
      { messages: 2, taken: 1, rejected: 1, held: 0 },
    ])
    expect(
      await rowsOf(store, `SELECT offset FROM dead_letters FINAL WHERE topic = 'odd'`),
    ).toEqual([{ offset: 1 }])
  })

  test('that stay alone become dead letters after their time, unless their event is there', async () => {
    const { store } = getStore()
    const { deps, registry, newIntake } = await open(store)
    const intake = newIntake()
    const messages = [
      [0, request('alone', [{ x: 1 }])],
      [1, request('known', [{ x: 1 }])],
      [2, { model: 'paired', id: 'known', features: { x: 1 } }],
    ] as const
    await intake.receive(slice({ topic: 'alone', first: 0 }, messages, { decoding: 'halves' }))
    await intake.close()
    const clock = new ManualClock(Date.now())
    const giveUp = { ...deps, registry, clock, timeoutMs: 60_000, maxWaiting: 100 }
    expect(await giveUpHalves(giveUp)).toBe(0)
    clock.advance(61_000)
    expect(await giveUpHalves(giveUp)).toBe(2)
    expect(await giveUpHalves(giveUp)).toBe(0)
    expect(
      await rowsOf(
        store,
        `SELECT offset, reason, model, decoding FROM dead_letters FINAL WHERE topic = 'alone'`,
      ),
    ).toEqual([{ offset: 0, reason: 'unpaired', model: 'paired', decoding: 'halves' }])
  })

  test('beyond the greatest number give way, the oldest first', async () => {
    const { store } = getStore()
    const { deps, registry, newIntake } = await open(store)
    const intake = newIntake()
    for (const offset of [0, 1, 2]) {
      const message = [offset, request(`many-${offset}`, [{ x: 1 }])] as const
      await intake.receive(
        slice({ topic: 'many', first: offset }, [message], { decoding: 'halves' }),
      )
    }
    await intake.close()
    const giveUp = { ...deps, registry, timeoutMs: 60_000, maxWaiting: 1 }
    expect(await giveUpHalves(giveUp)).toBe(2)
    expect(
      await rowsOf(
        store,
        `SELECT offset FROM dead_letters FINAL WHERE topic = 'many' ORDER BY offset`,
      ),
    ).toEqual([{ offset: 0 }, { offset: 1 }])
  })
})
