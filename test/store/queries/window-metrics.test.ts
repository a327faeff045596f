import { afterAll, beforeAll, expect, test } from 'vitest'
import { insertMetrics } from '../../../store/insert-metrics.ts'
import { mergeProfiles } from '../../../store/queries/merge-profiles.ts'
import type { MetricRow } from '../../../store/queries/metric-row.ts'
import { newestWindow } from '../../../store/queries/newest-window.ts'
import { recordWindows } from '../../../store/queries/profile-window-states.ts'
import { windowMetrics } from '../../../store/queries/window-metrics.ts'
import type { Query } from '../../../store/query.ts'
import { metricRow } from '../../alerts/rows.ts'
import { withStore, type TestStore } from '../../support/store.ts'

let opened: TestStore
beforeAll(async () => {
  opened = await withStore('embedded')
})
afterAll(() => opened.close())

const start = metricRow(0, 0).windowStart

test('one metric of one window is read, with the filters that are given', async () => {
  const rows: MetricRow[] = [
    metricRow(0, 0.1),
    metricRow(0, 0.2, { slice: 'country=DE' }),
    metricRow(0, 0.3, { version: '8', variant: 'canary' }),
    metricRow(0, 0.4, { status: 'retracted', feature: 'gone' }),
    metricRow(0, 0.5, { baseline: 'last_week' }),
    metricRow(0, 0.6, { metric: 'js' }),
    metricRow(1, 0.7),
  ]
  await insertMetrics(opened.store, rows, { at: start, retentionDays: 20_000 })
  const asked = { model: 'fraud', window: '1h', start, metric: 'psi', baseline: 'training' }
  const values = async (rest: object): Promise<(number | null)[]> =>
    (await opened.store.query(windowMetrics({ ...asked, ...rest }))).map(({ value }) => value)
  expect(await values({})).toEqual([0.1, 0.2, 0.3])
  expect(await values({ slice: '' })).toEqual([0.1, 0.3])
  expect(await values({ version: '8', variant: 'canary' })).toEqual([0.3])
  expect(await values({ model: 'other' })).toEqual([])
})

test('the newest window is the newest with enough events, else the newest with any', async () => {
  const minute = 60_000
  const series = {
    ...{ table: 'windows' as const, model: 'fraud', window: '1m', windowMs: minute },
  }
  const states = [200, 150, 20, 0].map((n, i) => ({
    ...{ start: start + i * minute, n, revision: 1, computations: 1, content: '1', binning: 1 },
  }))
  await opened.store.command(recordWindows(series, states, { now: start, days: 20_000 }))
  const newest = async (events: number): Promise<number[]> =>
    (await opened.store.query(newestWindow('fraud', '1m', events))).map((at) => at - start)
  expect(await newest(100)).toEqual([minute])
  expect(await newest(1000)).toEqual([2 * minute])
  expect(await opened.store.query(newestWindow('fraud', '1h', 1))).toEqual([])
})

const merged = {
  ...{ model: "o'clock", baseWindow: '1m', widthMs: 1, starts: [1], binned: ["b'c"] },
  only: { features: ["f'g"], slices: ["s't"] },
}
test.each<Query<unknown>>([
  windowMetrics({
    ...{ model: "o'clock", window: "w'x", start: 1, metric: "m'n", baseline: "b'c" },
    ...{ slice: "s't", version: "v'w", variant: "y'z" },
  }),
  newestWindow("o'clock", "w'x", 3),
  mergeProfiles(merged),
])('every value of $name is bound, and only what is bound is passed', ({ sql, params }) => {
  const bound = new Set([...sql.matchAll(/\{(\w+):/g)].map((match) => match[1]))
  expect(bound).toEqual(new Set(Object.keys(params)))
  expect(sql).not.toMatch(/\w'\w/)
})
