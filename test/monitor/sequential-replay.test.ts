import { afterAll, beforeAll, expect, test } from 'vitest'
import { withStore, type TestStore } from '../support/store.ts'
import { newRunner, specOf, start } from './sequential-fixture.ts'

let opened: TestStore
beforeAll(async () => {
  opened = await withStore('embedded')
})
afterAll(() => opened.close())

const series = 5200
const windows = 3

test('more series than are held at once are followed part by part, each of them whole', async () => {
  const { store } = opened
  await store.command({
    name: 'test-fill',
    sql: `
INSERT INTO metrics (model, version, variant, window_start, window_end, window, slice, feature, metric, method, value,
  n_reference, n_current, baseline, status, revision, computed_at, delete_after)
SELECT 'm', '1', 'live', toDateTime({start:UInt32} + 300 * intDiv(number, ${series}), 'UTC') AS s, s + 300, '5m', '',
  concat('x', toString(number % ${series})), 'mean', 'mean', number % ${series}, 0, 500, '', 'ok', 1, now64(3), today() + 400
FROM numbers(${series * windows})`,
    params: { start: start / 1000 },
  })
  const spec = specOf({ sequential: [{ metric: 'mean', method: 'ewma' }] })
  await newRunner(store)(spec, 0)
  const told = await store.query({
    name: 'test-told',
    sql: `
SELECT feature, max(n) AS read, countIf(metric = 'change_point') AS rows,
  any(JSONExtractFloat(last, 'memory', 'mean')) AS level
FROM metrics FINAL
INNER JOIN (
  SELECT feature, max(n) AS n, argMax(state, window_start) AS last FROM sequential_states FINAL GROUP BY feature
) AS s USING feature
GROUP BY feature`,
    params: {},
    toRow: (raw) => raw,
  })
  expect(told).toHaveLength(series)
  const wrong = told.filter(
    ({ feature, read, rows, level }) =>
      Number(read) !== windows ||
      Number(rows) !== windows ||
      `x${String(level)}` !== String(feature),
  )
  expect(wrong).toEqual([])
})
