import { expect, test } from 'vitest'
import { modelSpec } from '../../../core/model-spec.ts'
import { queryLimits, type QueryProblem } from '../../../core/sliced-query-language.ts'
import { compileSlicedQuery, type CompiledQuery } from '../../../store/queries/sliced-query.ts'

const spec = modelSpec({
  model: 'fraud',
  task: 'binary_classification',
  features: { amount: 'numeric', country: 'categorical', member: 'boolean' },
})

function compiled(body: unknown): Extract<CompiledQuery, { ok: true }> {
  const result = compileSlicedQuery(spec, body)
  if (!result.ok) throw new Error(JSON.stringify(result.problems))
  return result
}

function problems(body: unknown): readonly QueryProblem[] {
  const result = compileSlicedQuery(spec, body)
  return result.ok ? [] : result.problems
}

const nested = (depth: number): unknown =>
  depth === 1 ? { not_null: 'score' } : { not: nested(depth - 1) }

test('a count over everything is one aggregate over the deduplicated events', () => {
  const { query, columns } = compiled({ select: [{ count: true }] })
  expect(query.sql).toBe(`SELECT
  count() AS c0
FROM \`events_fraud\` FINAL
LIMIT {rows:UInt32}`)
  expect(query.params).toEqual({ rows: 1001 })
  expect(columns).toEqual([{ name: 'count', type: 'number' }])
})

test('groups come first, then what was selected, each under its readable name', () => {
  const { query, columns } = compiled({
    select: [
      { quantile: ['features.amount', 0.95] },
      { missing_rate: 'features.country', as: 'no country' },
    ],
    by: ['features.country', 'tags.region', { time: '1h' }, { bin: ['features.amount', [10, 50]] }],
    where: { and: [{ ge: ['features.amount', 5] }, { not: { in: ['version', ['1', '2']] } }] },
    from: '2026-01-01T00:00:00Z',
    to: '2026-01-02T00:00:00+01:00',
    order: [{ by: 'p95(features.amount)', direction: 'desc' }],
    limit: 5,
  })
  expect(query.sql).toBe(`SELECT
  \`features.country\` AS c0,
  if(mapContains(tags, {p0:String}), tags[{p0:String}], NULL) AS c1,
  fromUnixTimestamp64Milli(intDiv(toUnixTimestamp64Milli(ts), {p1:Int64}) * {p1:Int64}, 'UTC') AS c2,
  nullIf(indexOf({p2:Array(Float64)}, roundDown(\`features.amount\`, {p2:Array(Float64)})), 0) AS c3,
  quantileExactInclusive({p3:Float64})(\`features.amount\`) AS c4,
  countIf(isNull(\`features.country\`)) / count() AS c5
FROM \`events_fraud\` FINAL
WHERE ts >= fromUnixTimestamp64Milli({p4:Int64}, 'UTC')
  AND ts < fromUnixTimestamp64Milli({p5:Int64}, 'UTC')
  AND ((\`features.amount\` >= {p6:Float64}) AND NOT (version IN {p7:Array(String)}))
GROUP BY c0, c1, c2, c3
ORDER BY c4 DESC NULLS LAST, c0 ASC NULLS LAST, c1 ASC NULLS LAST, c2 ASC NULLS LAST, c3 ASC NULLS LAST
LIMIT {rows:UInt32}`)
  expect(query.params).toEqual({
    p0: 'region',
    p1: 3_600_000,
    p2: '[-inf,10,50]',
    p3: '0.95',
    p4: Date.UTC(2026, 0, 1),
    p5: Date.UTC(2026, 0, 1, 23),
    p6: '5',
    p7: ['1', '2'],
    rows: 6,
  })
  expect(columns).toEqual([
    { name: 'features.country', type: 'text' },
    { name: 'tags.region', type: 'text' },
    { name: 'time', type: 'time' },
    { name: 'bin(features.amount)', type: 'text' },
    { name: 'p95(features.amount)', type: 'number' },
    { name: 'no country', type: 'number' },
  ])
})

test('labels are joined only when a column needs them, and the range narrows the events first', () => {
  const { query } = compiled({ select: [{ mean: 'correct', as: 'accuracy' }], from: 0 })
  expect(query.sql).toBe(`SELECT
  avg(toNullable(toFloat64(prediction = label))) AS c0
FROM (SELECT *
FROM \`events_fraud\` FINAL
WHERE ts >= fromUnixTimestamp64Milli({p0:Int64}, 'UTC')) AS e
LEFT ANY JOIN (
SELECT event_id, toNullable(label) AS label
FROM labels FINAL
WHERE model = {p1:String}
) AS l USING (event_id)
LIMIT {rows:UInt32}`)
  expect(query.params).toEqual({ p0: 0, p1: 'fraud', rows: 1001 })
})

test('every query carries limits on time, rows, groups and memory in its own settings', () => {
  const costs = { seconds: 3, rowsRead: 10, groups: 20, memoryBytes: 30 }
  const result = compileSlicedQuery(spec, { select: [{ count: true }] }, costs)
  expect(result.ok && result.query.settings).toMatchObject({
    max_execution_time: 3,
    max_rows_to_read: 10,
    max_rows_to_group_by: 20,
    max_memory_usage: 30,
    max_result_rows: 10_001,
  })
})

test('all problems of a query are told at once, each with its place and what is allowed', () => {
  expect(
    problems({
      select: [{ mean: 'features.country' }, { quantile: ['score', 2] }, { median: 'score' }],
      by: ['features.nope', 'score'],
      where: { or: [{ eq: ['features.amount', '12'] }, { lt: ['version', '2'] }] },
      from: 'yesterday',
      limit: 0,
    }).map(({ path, found }) => [path, found]),
  ).toEqual([
    ['by[0]', '"features.nope"'],
    ['by[1]', '"score"'],
    ['select[0].mean', '"features.country, which is text"'],
    ['select[1].quantile[1]', '2'],
    ['select[2].median', '"median"'],
    ['from', '"yesterday"'],
    ['where.or[0].eq[1]', '"12"'],
    ['where.or[1].lt', '"lt of version, which is text"'],
    ['limit', '0'],
  ])
})

test('a type mismatch names the column, its type and what it takes', () => {
  expect(problems({ select: [{ count: true }], where: { eq: ['features.amount', '12'] } })).toEqual(
    [{ path: 'where.eq[1]', found: '"12"', allowed: 'a number: features.amount is number' }],
  )
})

test.each([
  { name: 'no object', body: [], path: '' },
  { name: 'an unknown key', body: { select: [{ count: true }], sql: 'x' }, path: 'sql' },
  { name: 'nothing selected', body: { select: [] }, path: 'select' },
  { name: 'select missing', body: {}, path: 'select' },
  {
    name: 'a share with no name',
    body: { select: [{ share: { not_null: 'score' } }] },
    path: 'select[0].as',
  },
  { name: 'two operations', body: { select: [{ count: true, sum: 'score' }] }, path: 'select[0]' },
  { name: 'one name twice', body: { select: [{ count: true }, { count: true }] }, path: 'select' },
  {
    name: 'an order by no column',
    body: { select: [{ count: true }], order: [{ by: 'n' }] },
    path: 'order[0].by',
  },
  {
    name: 'an unknown direction',
    body: { select: [{ count: true }], order: [{ by: 'count', direction: 'up' }] },
    path: 'order[0].direction',
  },
  {
    name: 'a range that ends before it starts',
    body: { select: [{ count: true }], from: 5, to: 5 },
    path: 'to',
  },
  {
    name: 'edges out of order',
    body: { select: [{ count: true }], by: [{ bin: ['score', [2, 1]] }] },
    path: 'by[0].bin[1]',
  },
  {
    name: 'comparison with null',
    body: { select: [{ count: true }], where: { eq: ['score', null] } },
    path: 'where.eq[1]',
  },
  {
    name: 'a column of the prototype',
    body: { select: [{ distinct: 'constructor' }] },
    path: 'select[0].distinct',
  },
  {
    name: 'an internal column',
    body: { select: [{ distinct: '_offset' }] },
    path: 'select[0].distinct',
  },
  {
    name: 'a width of nothing',
    body: { select: [{ count: true }], by: [{ time: '0m' }] },
    path: 'by[0].time',
  },
  {
    name: 'half a character',
    body: { select: [{ count: true }], where: { eq: ['version', '\ud800'] } },
    path: 'where.eq[1]',
  },
  {
    name: 'a time without a zone',
    body: { select: [{ count: true }], to: '2026-01-01T00:00:00' },
    path: 'to',
  },
  {
    name: 'a boolean as text',
    body: { select: [{ count: true }], where: { eq: ['features.member', 'true'] } },
    path: 'where.eq[1]',
  },
])('$name is refused at $path', ({ body, path }) => {
  expect(problems(body).map((problem) => problem.path)).toEqual([path])
})

test.each([
  { name: 'depth', body: { select: [{ count: true }], where: nested(queryLimits.depth + 1) } },
  {
    name: 'clauses',
    body: {
      select: [{ count: true }],
      where: {
        and: [1, 2].map(() => ({ or: Array.from({ length: 32 }, () => ({ not_null: 'score' })) })),
      },
    },
  },
  {
    name: 'list values',
    body: {
      select: [{ count: true }],
      where: { in: ['score', Array.from({ length: 1001 }, () => 1)] },
    },
  },
  {
    name: 'select',
    body: { select: Array.from({ length: 33 }, (_, i) => ({ count: true, as: `n${i}` })) },
  },
  {
    name: 'by',
    body: { select: [{ count: true }], by: Array.from({ length: 7 }, () => 'version') },
  },
  {
    name: 'edges',
    body: {
      select: [{ count: true }],
      by: [{ bin: ['score', Array.from({ length: 101 }, (_, i) => i)] }],
    },
  },
  { name: 'limit', body: { select: [{ count: true }], limit: 10_001 } },
])('a query beyond the limit of $name is refused with one problem', ({ body }) => {
  expect(problems(body)).toHaveLength(1)
})

test('the deepest nesting and the longest list allowed are accepted', () => {
  const list = Array.from({ length: queryLimits.listValues }, (_, i) => `v${i}`)
  compiled({
    select: [{ share: { in: ['version', list] }, as: 'known' }],
    where: nested(queryLimits.depth),
  })
})

test('an answer about a hostile body stays small', () => {
  const body = {
    select: [{ count: true }],
    ['x'.repeat(10_000)]: 1,
    where: { eq: ['y'.repeat(10_000), 1] },
  }
  expect(JSON.stringify(problems(body)).length).toBeLessThan(1500)
})
