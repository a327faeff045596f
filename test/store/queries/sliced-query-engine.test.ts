import fc from 'fast-check'
import { Compile } from 'typebox/compile'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { AppError } from '../../../core/errors.ts'
import { modelSpec } from '../../../core/model-spec.ts'
import { SlicedQuerySchema } from '../../../core/sliced-query-language.ts'
import type { Store } from '../../../store/client.ts'
import { createTable } from '../../../store/ddl.ts'
import { compileSlicedQuery, runSlicedQuery } from '../../../store/queries/sliced-query.ts'
import { eventsTable } from '../../../store/tables/events-table.ts'
import { withStore, type TestStore } from '../../support/store.ts'

const retention = { events: '40000d' }
const spec = modelSpec({
  model: 'fraud',
  task: 'binary_classification',
  features: { amount: 'numeric', country: 'categorical', member: 'boolean' },
  // Longer than these fixed dates are old: the engine drops on insert what its TTL would delete.
  retention,
})
const regression = modelSpec({
  model: 'eta',
  task: 'regression',
  features: { km: 'numeric' },
  retention,
})

let opened: TestStore
let store: Store
beforeAll(async () => {
  opened = await withStore('embedded')
  store = opened.store
  const layout = { database: store.database, cluster: null }
  for (const model of [spec, regression]) {
    for (const sql of createTable(layout, eventsTable(model)))
      await store.command({ name: 'create', sql })
  }
  // r-1 was sent twice: only its later version counts. r-4 came with no amount, country or label.
  await insert(
    'events_fraud (event_id, ts, version, variant, prediction, score, `features.amount`, `features.country`, `features.member`, tags, ingested_at)',
    `('r-1', '2026-01-01 00:10:00', '1', 'live', '1', 0.9, 999, 'XX', 'true', map('region','eu'), '2026-01-01 00:10:01'),
     ('r-1', '2026-01-01 00:10:00', '1', 'live', '1', 0.9, 10, 'DE', 'true', map('region','eu'), '2026-01-01 00:10:02'),
     ('r-2', '2026-01-01 00:50:00', '1', 'live', '0', 0.2, 20, 'DE', 'false', map('region','us'), '2026-01-01 00:50:01'),
     ('r-3', '2026-01-01 01:10:00', '2', 'live', '1', 0.7, 60, 'FR', 'true', map(), '2026-01-01 01:10:01'),
     ('r-4', '2026-01-02 00:00:00', '2', 'shadow', '0', NULL, NULL, NULL, NULL, map('region','eu'), '2026-01-02 00:00:01')`,
  )
  await insert(
    'labels (model, event_id, label, ts, ingested_at)',
    `('fraud', 'r-1', '1', now64(3), now64(3)), ('fraud', 'r-2', '1', now64(3), now64(3)), ('fraud', 'r-3', '1', now64(3), now64(3)), ('other', 'r-4', '0', now64(3), now64(3)), ('eta', 'e-1', '12.5', now64(3), now64(3))`,
  )
  await insert('events_eta (event_id, ts, prediction, `features.km`)', `('e-1', 0, 10, 1)`)
})
afterAll(async () => opened.close())

const insert = async (into: string, values: string): Promise<void> =>
  store.command({ name: 'rows', sql: `INSERT INTO ${into} VALUES ${values}` })

const rows = async (body: unknown): Promise<readonly (readonly unknown[])[]> =>
  (await runSlicedQuery(store, spec, body)).rows

test('an event sent twice counts once, with what was sent last', async () => {
  const answer = await runSlicedQuery(store, spec, {
    select: [{ count: true }, { mean: 'features.amount' }, { missing_rate: 'features.amount' }],
    by: ['features.country'],
  })
  expect(answer).toEqual({
    columns: [
      { name: 'features.country', type: 'text' },
      { name: 'count', type: 'number' },
      { name: 'mean(features.amount)', type: 'number' },
      { name: 'missing_rate(features.amount)', type: 'number' },
    ],
    rows: [
      ['DE', 2, 15, 0],
      ['FR', 1, 60, 0],
      [null, 1, null, 1],
    ],
    truncated: false,
  })
})

test('time slices are ISO times, bins are named by their edges, missing values are a group of their own', async () => {
  expect(
    await rows({
      select: [{ count: true }],
      by: [{ time: '1h' }, { bin: ['features.amount', [20, 50]] }],
    }),
  ).toEqual([
    ['2026-01-01T00:00:00.000Z', '< 20', 1],
    ['2026-01-01T00:00:00.000Z', '[20, 50)', 1],
    ['2026-01-01T01:00:00.000Z', '>= 50', 1],
    ['2026-01-02T00:00:00.000Z', null, 1],
  ])
})

test('tags and booleans group and filter like features', async () => {
  expect(
    await rows({
      select: [{ count: true }],
      by: ['tags.region', 'features.member'],
      where: { or: [{ eq: ['features.member', true] }, { is_null: 'features.member' }] },
    }),
  ).toEqual([
    ['eu', true, 1],
    ['eu', null, 1],
    [null, true, 1],
  ])
})

test('every aggregate agrees with the numbers worked by hand', async () => {
  const amount = 'features.amount'
  expect(
    await rows({
      select: [
        { sum: amount },
        { min: amount },
        { max: amount },
        { stddev: amount },
        { quantile: [amount, 0.5] },
        { quantile: [amount, 0.25] },
        { distinct: 'features.country' },
        { share: { eq: ['prediction', '1'] }, as: 'positive' },
        { max: 'ts' },
      ],
    }),
  ).toEqual([[90, 10, 60, expect.closeTo(26.4575, 3), 20, 15, 2, 0.5, '2026-01-02T00:00:00.000Z']])
})

test('a range is half-open, and a comparison with a missing value holds for no event', async () => {
  const to = '2026-01-02T00:00:00Z'
  expect(await rows({ select: [{ count: true }], from: '2026-01-01T00:50:00Z', to })).toEqual([[2]])
  const where = { not: { eq: ['features.country', 'DE'] } }
  expect(await rows({ select: [{ count: true }], where })).toEqual([[1]])
})

test('accuracy by group comes from the labels; what has none is missing', async () => {
  expect(
    await rows({
      select: [{ mean: 'correct', as: 'accuracy' }, { missing_rate: 'label' }],
      by: ['version'],
    }),
  ).toEqual([
    ['1', 0.5, 0],
    ['2', 1, 0.5],
  ])
  const { rows: errors } = await runSlicedQuery(store, regression, {
    select: [{ mean: 'absolute_error' }],
  })
  expect(errors).toEqual([[2.5]])
})

test('nothing matches: aggregates are null, not zero or 1970', async () => {
  const where = { eq: ['version', 'none'] }
  const select = [
    { count: true },
    { mean: 'score' },
    { sum: 'score' },
    { min: 'score' },
    { max: 'ts' },
  ]
  expect(await rows({ select, where })).toEqual([[0, null, null, null, null]])
})

test('more rows than the limit are cut, and the answer says so', async () => {
  const body = { select: [{ count: true }], by: ['event_id'] }
  await expect(runSlicedQuery(store, spec, body)).rejects.toMatchObject({ code: 'QUERY_INVALID' })
  const byHour = { select: [{ count: true }], by: [{ time: '1h' }], limit: 2 }
  expect(await runSlicedQuery(store, spec, byHour)).toMatchObject({
    rows: [
      ['2026-01-01T00:00:00.000Z', 2],
      ['2026-01-01T01:00:00.000Z', 1],
    ],
    truncated: true,
  })
})

test('a query that costs too much is QUERY_TOO_EXPENSIVE and says which limit', async () => {
  const costs = { seconds: 30, rowsRead: 2, groups: 1000, memoryBytes: 1e9 }
  const failure = await runSlicedQuery(store, spec, { select: [{ count: true }] }, costs).catch(
    (error: unknown) => error,
  )
  expect(failure).toBeInstanceOf(AppError)
  expect(failure).toMatchObject({ code: 'QUERY_TOO_EXPENSIVE', details: { clickhouseCode: 158 } })
  const groups = { ...costs, rowsRead: 1e9, groups: 1 }
  await expect(
    runSlicedQuery(store, spec, { select: [{ count: true }], by: ['version'] }, groups),
  ).rejects.toMatchObject({ code: 'QUERY_TOO_EXPENSIVE' })
})

const hostile = [
  "'; DROP TABLE events_fraud; --",
  "' OR 1=1 --",
  '` FROM system.tables --',
  "\\'; SELECT 1",
  '{p0:Identifier}',
  "') UNION ALL SELECT * FROM file('/etc/passwd') --",
  'a\tb\nc\\',
]

test.each(hostile)('%j is text wherever it is accepted, and refused elsewhere', async (text) => {
  const where = {
    or: [
      { eq: ['version', text] },
      { in: ['features.country', [text, 'DE']] },
      { ne: [`tags.${text}`, text] },
    ],
  }
  expect(await rows({ select: [{ count: true }], by: [`tags.${text}`], where })).toEqual([
    [null, 2],
  ])
  const accepted = compileSlicedQuery(spec, {
    select: [{ count: true }],
    by: [`tags.${text}`],
    where,
  })
  expect(accepted.ok && accepted.query.sql).not.toContain(text)
  for (const body of [
    { select: [{ mean: text }] },
    { select: [{ mean: `features.${text}` }] },
    { select: [{ count: true, as: text }] },
    { select: [{ [text]: 'score' }] },
    { select: [{ quantile: ['score', text] }] },
    { select: [{ count: true }], by: [text] },
    { select: [{ count: true }], by: [{ time: text }] },
    { select: [{ count: true }], by: [{ bin: ['score', [text]] }] },
    { select: [{ count: true }], where: { [text]: ['score', 1] } },
    { select: [{ count: true }], where: { gt: ['score', text] } },
    { select: [{ count: true }], from: text },
    { select: [{ count: true }], order: [{ by: 'count', direction: text }] },
    { select: [{ count: true }], limit: text },
  ])
    expect(compileSlicedQuery(spec, body)).toMatchObject({ ok: false })
  expect(await rows({ select: [{ count: true }] })).toEqual([[4]])
})

const text = fc.oneof(
  fc.constantFrom(...hostile, 'DE', ''),
  fc.string({ unit: 'grapheme', maxLength: 20 }),
)
const numeric = fc.constantFrom('features.amount', 'score', 'latency_ms', 'correct')
const textual = fc
  .constantFrom('features.country', 'version', 'label', 'error', 'prediction')
  .map(String)
const column = fc.oneof(numeric, textual, fc.constantFrom('features.member', 'ts', 'tags.region'))
const finite = fc.double({ noNaN: true, noDefaultInfinity: true })
const { filter } = fc.letrec((tie) => ({
  filter: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    fc.record({ eq: fc.tuple(textual, text) }),
    fc.record({ le: fc.tuple(numeric, finite) }),
    fc.record({ ne: fc.tuple(fc.constant('features.member'), fc.boolean()) }),
    fc.record({ gt: fc.tuple(fc.constant('ts'), fc.integer({ min: 0, max: 4e12 })) }),
    fc.record({ in: fc.tuple(textual, fc.array(text, { minLength: 1, maxLength: 5 })) }),
    fc.record({ in: fc.tuple(numeric, fc.array(finite, { minLength: 1, maxLength: 5 })) }),
    fc.record({ is_null: column }),
    fc.record({ and: fc.array(tie('filter'), { minLength: 1, maxLength: 3 }) }),
    fc.record({ or: fc.array(tie('filter'), { minLength: 1, maxLength: 3 }) }),
    fc.record({ not: tie('filter') }),
  ),
}))
const selected = fc.oneof(
  fc.record({ share: filter }),
  fc.record({ mean: numeric }),
  fc.record({ stddev: numeric }),
  fc.record({ max: fc.oneof(numeric, fc.constant('ts')) }),
  fc.record({ quantile: fc.tuple(numeric, fc.double({ min: 0, max: 1, noNaN: true })) }),
  fc.record({ missing_rate: column }),
  fc.record({ distinct: column }),
)
const grouped = fc.oneof(
  textual,
  fc.record({ time: fc.constantFrom('1h', '7d') }),
  fc.record({ bin: fc.tuple(numeric, fc.constantFrom([0], [-1.5, 2, 1e300])) }),
)
const validQuery = fc.record(
  {
    select: fc
      .array(selected, { minLength: 1, maxLength: 4 })
      .map((entries) => entries.map((entry, i) => ({ ...entry, as: `s${i}` }))),
    by: fc
      .uniqueArray(grouped, { maxLength: 3, selector: (by) => JSON.stringify(by) })
      .map((entries) =>
        entries.map((entry, i) => (typeof entry === 'string' ? entry : { ...entry, as: `g${i}` })),
      ),
    where: filter,
    limit: fc.integer({ min: 1, max: 10 }),
  },
  { requiredKeys: ['select'] },
)

test('any valid query fits the published schema, runs, and has every value bound', async () => {
  const schema = Compile(SlicedQuerySchema)
  await fc.assert(
    fc.asyncProperty(validQuery, async (body) => {
      expect(schema.Check(JSON.parse(JSON.stringify(body)))).toBe(true)
      const compiled = compileSlicedQuery(spec, body)
      expect(compiled).toMatchObject({ ok: true })
      if (!compiled.ok) return
      const placeholders = [...compiled.query.sql.matchAll(/\{(\w+):[\w()]+\}/g)].map(
        ([, name]) => name,
      )
      expect(new Set(placeholders)).toEqual(new Set(Object.keys(compiled.query.params)))
      for (const value of hostile) expect(compiled.query.sql).not.toContain(value)
      const answer = await runSlicedQuery(store, spec, body)
      for (const row of answer.rows) expect(row).toHaveLength(answer.columns.length)
    }),
    { numRuns: 150, seed: 20260101 },
  )
})
