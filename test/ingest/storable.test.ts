import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Intake } from '../../ingest/intake.ts'
import { openModelRegistry } from '../../store/model-registry.ts'
import { eventLimits, ingestDeps } from '../support/ingest.ts'
import { describeStore } from '../support/store.ts'

const limits = {
  batchRows: 10_000,
  batchBytes: 1 << 24,
  batchWaitMs: 1,
  queueBytes: 1 << 24,
  maxInsertsPerSecond: 1000,
  eventBytes: eventLimits.eventBytes,
}

// Any UTF-16, halves of surrogate pairs and NUL among it.
const text = fc.string({ unit: 'binary', maxLength: 20 })
const number = fc.oneof(
  fc.double(),
  fc.bigInt().map(Number),
  fc.constantFrom(0, -0, 5e-324, 1.7976931348623157e308, 2 ** 53 + 2),
)
const scalar = fc.oneof(text, number, fc.boolean(), fc.constant(null))
const record = fc.record(
  {
    model: fc.constantFrom('typed', 'untyped'),
    id: fc.oneof(text, number),
    ts: fc.oneof(fc.integer(), fc.date({ noInvalidDate: true }).map(String), text),
    version: scalar,
    variant: scalar,
    features: fc.dictionary(
      fc.oneof(fc.constantFrom('n', 'c', 'b', 't', 'e', '__proto__', 'constructor'), text),
      fc.oneof(scalar, fc.array(scalar, { maxLength: 3 })),
      { maxKeys: 6 },
    ),
    prediction: scalar,
    score: fc.oneof(scalar, fc.dictionary(text, scalar, { maxKeys: 4 })),
    latency_ms: scalar,
    error: scalar,
    tags: fc.dictionary(text, scalar, { maxKeys: 4 }),
  },
  { requiredKeys: ['model'] },
)
const label = fc.record({
  type: fc.constant('label'),
  model: fc.constantFrom('typed', 'untyped'),
  id: fc.oneof(text, number),
  label: scalar,
})

describeStore('whatever the reader accepts', (opened) => {
  test('is never refused by the store, and counts as often as it was accepted', async () => {
    const { store } = opened()
    const registry = await openModelRegistry(store)
    const scalars = { n: 'numeric', c: 'categorical', b: 'boolean', t: 'text' } as const
    const features = { ...scalars, e: { embedding: [2] } }
    await registry.put({ model: 'typed', task: 'binary_classification', features }, 'api')
    const intake = new Intake({ ...ingestDeps(store, registry), limits })
    const events = fc.array(fc.oneof(record, label), { minLength: 1, maxLength: 60 })
    await fc.assert(
      fc.asyncProperty(events, async (list) => {
        const answer = await intake.receive({
          body: Buffer.from(list.map((event) => JSON.stringify(event)).join('\n')),
          idempotencyKey: null,
          backfill: true,
          models: null,
        })
        expect(answer.accepted + answer.rejected.length).toBe(list.length)
      }),
      { numRuns: 40 },
    )
    await intake.close()
    const [account] = await store.query({
      name: 'test',
      sql: 'SELECT sum(messages) AS messages, sum(rows) + sum(labels) + sum(rejected) AS sum FROM ledger FINAL',
      params: {},
      toRow: (raw) => raw,
    })
    expect(account?.['messages']).toBe(account?.['sum'])
  })
})
