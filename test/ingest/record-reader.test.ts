import { describe, expect, test } from 'vitest'
import { OpenBatch } from '../../ingest/open-batch.ts'
import { RecordReader } from '../../ingest/record-reader.ts'
import type { EventLimits } from '../../ingest/validate.ts'
import { memoryRegistry } from '../support/registry.ts'

const now = Date.UTC(2026, 10, 20, 12)
const limits: EventLimits = {
  eventBytes: 2000,
  keys: 8,
  depth: 8,
  stringChars: 20,
  textChars: 40,
  features: 6,
  pastMs: 7 * 86_400_000,
  futureMs: 300_000,
}

async function readOne(
  record: unknown,
  { backfill = false, autoRegister = false, models = null as ReadonlySet<string> | null } = {},
) {
  const registry = memoryRegistry([
    {
      model: 'm',
      task: 'binary_classification',
      features: { amount: 'numeric', country: 'categorical', vip: 'boolean' },
    },
    { model: 'price', task: 'regression', features: { amount: 'numeric' } },
  ])
  const reader = new RecordReader(registry, limits, { autoRegister, maxModels: 3 })
  const batch = new OpenBatch(0)
  batch.enter({ source: 'test', topic: 't', partition: 0 }, 0)
  batch.next()
  const delivery = { receivedAt: now, backfill, models, fallbackId: (i: number) => `fallback-${i}` }
  const text = typeof record === 'string' ? record : JSON.stringify(record)
  const rejection = await reader.read({ text }, 7, batch, delivery)
  return { rejection, batch, registry }
}

const nine = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i']

const event = (more: object) => ({ model: 'm', id: 'e', ts: now, ...more })

describe('a whole event is refused', () => {
  test.each([
    ['invalid_json', '{"model":'],
    ['not_an_object', '[1]'],
    ['not_an_object', '"text"'],
    ['not_an_object', 'null'],
    ['unknown_key', event({ colour: 1 })],
    ['unknown_key', '{"model":"m","__proto__":{"polluted":1}}'],
    ['missing_model', { id: 'e' }],
    ['missing_model', { model: '' }],
    ['invalid_name', { model: 'a`b' }],
    ['invalid_name', { model: 12 }],
    ['invalid_name', { model: 'x'.repeat(129) }],
    ['invalid_name', { model: 'e\u0301' }],
    ['unknown_model', { model: 'stranger' }],
    ['unknown_model', { type: 'label', model: 'stranger', id: '1', label: 1 }],
    ['invalid_type', event({ type: 'prediction' })],
    ['invalid_type', event({ features: [1] })],
    ['invalid_type', event({ tags: 'eu' })],
    ['invalid_type', event({ version: {} })],
    ['missing_id', { type: 'label', model: 'm', label: '1' }],
    ['invalid_id', event({ id: {} })],
    ['invalid_id', event({ id: '' })],
    ['invalid_id', event({ id: 'a\u0000b' })],
    ['missing_label', { type: 'label', model: 'm', id: '1' }],
    ['missing_label', { type: 'label', model: 'm', id: '1', label: { a: 1 } }],
    ['invalid_timestamp', event({ ts: 'yesterday' })],
    ['invalid_timestamp', event({ ts: '2999-01-01T00:00:00Z' })],
    ['invalid_timestamp', event({ ts: '1000-01-01T00:00:00Z' })],
    ['invalid_timestamp', event({ ts: -1 })],
    ['invalid_timestamp', '{"model":"m","ts":NaN}'.replace('NaN', '"NaN"')],
    ['timestamp_too_old', event({ ts: now - limits.pastMs - 1 })],
    ['timestamp_in_future', event({ ts: now + limits.futureMs + 1 })],
    ['event_too_large', event({ error: 'x'.repeat(3000) })],
    ['too_many_keys', event({ features: Object.fromEntries(nine.map((k) => [k, 1])) })],
    ['too_many_keys', event({ tags: Object.fromEntries(nine.map((k) => [k, '1'])) })],
    ['too_deep', event({ features: { amount: [[[[[[[1]]]]]]] } })],
    ['string_too_long', event({ features: { country: 'x'.repeat(21) } })],
    ['string_too_long', event({ id: 'x'.repeat(21) })],
    ['string_too_long', event({ tags: { region: 'x'.repeat(21) } })],
    ['string_too_long', event({ prediction: 'x'.repeat(21) })],
    ['string_too_long', { type: 'label', model: 'm', id: '1', label: 'x'.repeat(21) }],
    ['too_many_features', event({ features: { a: 1, b: 1, c: 1, d: 1 } })],
    ['invalid_name', event({ features: { 'a"b': 1 } })],
    ['invalid_name', event({ tags: { 'a"b': '1' } })],
  ])('%s: %j', async (reason, record) => {
    const { rejection, batch } = await readOne(record)
    expect(rejection).toMatchObject({ ok: false, reason })
    expect(rejection?.detail).not.toBe('')
    expect(batch.events.get('m')?.rows ?? 0).toBe(0)
    expect(batch.labels.rows).toBe(0)
    expect(batch.segment.touched.size).toBe(0)
  })

  test('as unknown when the sender may not write to the model', async () => {
    const { rejection } = await readOne(event({}), { models: new Set(['other']) })
    expect(rejection).toMatchObject({ reason: 'unknown_model' })
  })
})

describe('an event is kept', () => {
  test.each([
    ['every number JSON can write', event({ features: { amount: -0.5e-3 } })],
    ['missing features', event({ features: { amount: null } })],
    ['a value of another type', event({ features: { amount: 'ten', country: 4, vip: 'yes' } })],
    ['a number too large for a double', '{"model":"m","features":{"amount":1e400}}'],
    ['bare NaN', '{"model":"m","features":{"amount":NaN}}'],
    ['a nested value within the depth', event({ features: { amount: [[1]] } })],
    ['class probabilities', event({ score: { a: 0.2, b: 0.8 } })],
    ['no id and no time', { model: 'm' }],
    ['a feature called __proto__', '{"model":"m","features":{"__proto__":1}}'],
    ['quotes and unicode in values', event({ features: { country: `'"\\\u0000 Ω` } })],
    ['a boolean prediction', event({ prediction: true })],
    ['an explicit null everywhere', event({ version: null, score: null, tags: null, error: null })],
  ])('%s', async (_, record) => {
    const { rejection, batch } = await readOne(record)
    expect(rejection).toBeNull()
    expect(batch.events.get('m')?.rows).toBe(1)
  })

  test('of history, when it says so', async () => {
    const { rejection } = await readOne(event({ ts: '2001-01-01T00:00:00Z' }), { backfill: true })
    expect(rejection).toBeNull()
  })

  test('and its window and greatest event time are noted', async () => {
    const { batch } = await readOne(event({}))
    expect(batch.segment.touch('m')).toEqual({
      rows: 1,
      labels: 0,
      maxEventTime: now,
      windows: new Set([now]),
    })
  })
})

test('a feature that nobody declared becomes one', async () => {
  const { rejection, registry } = await readOne(event({ features: { amount: 1, fresh: 'x' } }))
  expect(rejection).toBeNull()
  expect(registry.get('m')?.spec.features.get('fresh')).toEqual({ type: 'categorical' })
})

test('a model that nobody declared is registered by its first event', async () => {
  const { rejection, registry, batch } = await readOne(
    { model: 'new', prediction: 0.7, features: { a: 1, b: 'x', c: true, d: null } },
    { autoRegister: true },
  )
  expect(rejection).toBeNull()
  expect(registry.get('new')?.spec.file).toMatchObject({
    kind: 'model',
    task: 'regression',
    features: { a: 'numeric', b: 'categorical', c: 'boolean' },
  })
  expect(batch.events.get('new')?.rows).toBe(1)
})

test('no more models are registered than allowed', async () => {
  const { registry, rejection } = await readOne({ model: 'third' }, { autoRegister: true })
  expect(rejection).toBeNull()
  const reader = new RecordReader(registry, limits, { autoRegister: true, maxModels: 3 })
  const delivery = { receivedAt: now, backfill: false, models: null, fallbackId: () => 'x' }
  const refused = await reader.read({ text: '{"model":"fourth"}' }, 0, new OpenBatch(0), delivery)
  expect(refused).toMatchObject({ reason: 'unknown_model' })
})
