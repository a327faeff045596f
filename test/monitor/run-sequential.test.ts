import { afterEach, beforeEach, expect, test } from 'vitest'
import { AppError } from '../../core/errors.ts'
import { cusum } from '../../detectors/sequential/cusum.ts'
import type { Store } from '../../store/client.ts'
import { seeded } from '../support/seeded.ts'
import { withStore, type TestStore } from '../support/store.ts'
import {
  at,
  metricRow,
  newRunner,
  resultsOf,
  specOf,
  statesOf,
  storeMetrics,
} from './sequential-fixture.ts'

let opened: TestStore
let store: Store
beforeEach(async () => {
  opened = await withStore('embedded')
  store = opened.store
})
afterEach(() => opened.close())

const parameters = { minInstances: 5, threshold: 3 }
const spec = specOf({ sequential: [{ metric: 'missing_rate', method: 'cusum', parameters }] })
const rule = 'cusum/tabular(minInstances=5,threshold=3) of missing_rate'

/** A level that rises at the twelfth of twenty windows. */
const random = seeded(3)
const values = Array.from({ length: 20 }, (_, i) => (i < 12 ? 0.1 : 0.4) + 0.02 * random.normal())

/** What the detector itself says of a series. */
function told(series: readonly number[]): { statistic: number | null; change: number }[] {
  let state = cusum.init(parameters)
  return series.map((value) => {
    const step = cusum.update(state, value)
    state = step.state
    return { statistic: step.statistic, change: step.change === 'drift' ? 1 : 0 }
  })
}

test('results are those of the detector over the windows in order, with what they are worth', async () => {
  await storeMetrics(
    store,
    values.map((value, i) => metricRow(i, value)),
  )
  await newRunner(store)(spec, 0)
  const statistics = await resultsOf(store, 'cusum')
  const changes = await resultsOf(store, 'change_point')
  expect(statistics.map(({ value }) => value)).toEqual(told(values).map((s) => s.statistic))
  expect(changes.map(({ value }) => value)).toEqual(told(values).map((s) => s.change))
  const drift = changes.findIndex(({ value }) => value === 1)
  expect(drift).toBeGreaterThanOrEqual(12)
  expect(changes[drift]).toMatchObject({
    ...{ method: `change_point/${rule}`, effect: 1, status: 'ok', feature: 'a', nCurrent: 500 },
  })
  expect(statistics[drift]).toMatchObject({ method: rule, status: 'ok' })
  expect(statistics[drift]!.value).toBeGreaterThan(statistics[drift]!.noiseFloor!)
  expect(statistics[drift]!.effect).toBeGreaterThan(1)
  expect(statistics[drift - 1]!.effect).toBeLessThan(1)
  expect(statistics[0]).toMatchObject({ value: null, status: 'insufficient_data' })
})

test('going on from a stored state is the same as having read everything at once', async () => {
  for (const [i, value] of values.entries()) {
    await storeMetrics(store, [metricRow(i, value)])
    await newRunner(store)(spec, i)
  }
  const statistics = await resultsOf(store, 'cusum')
  expect(statistics.map(({ value }) => value)).toEqual(told(values).map((s) => s.statistic))
  expect(statistics.every(({ revision }) => revision === 1)).toBe(true)
})

test('a gap is skipped: it is neither zero nor a repetition', async () => {
  const rows = values.map((value, i) => metricRow(i, i % 4 === 3 ? null : value))
  await storeMetrics(store, rows)
  await newRunner(store)(spec, 0)
  const found = await resultsOf(store, 'cusum')
  const read = values.filter((_, i) => i % 4 !== 3)
  const judged = found.filter((_, i) => i % 4 !== 3).map(({ value }) => value)
  expect(judged).toEqual(told(read).map((s) => s.statistic))
  const [gap] = (await resultsOf(store, 'change_point')).filter(
    ({ windowStart }) => windowStart === at(3),
  )
  expect(gap).toMatchObject({ value: null, status: 'insufficient_data' })
})

test('a series that was silent for long goes on where it stood', async () => {
  const run = newRunner(store)
  const late = (i: number): number => (i < 8 ? i : i + 1000)
  for (const part of [values.slice(0, 8), values.slice(8)]) {
    const first = part === values ? 0 : values.indexOf(part[0]!)
    await storeMetrics(
      store,
      part.map((value, i) => metricRow(late(first + i), value)),
    )
    await run(spec, late(first))
  }
  const found = (await resultsOf(store, 'cusum')).map(({ value }) => value)
  expect(found).toEqual(told(values).map((s) => s.statistic))
})

test('a window that is revised revises itself and what follows, and nothing before', async () => {
  const run = newRunner(store)
  await storeMetrics(
    store,
    values.map((value, i) => metricRow(i, value)),
  )
  await run(spec, 0)
  const before = await resultsOf(store, 'cusum')
  const revised = values.map((value, i) => (i === 7 ? 0.3 : value))
  await storeMetrics(store, [metricRow(7, 0.3, { revision: 2 })])
  await run(spec, 7)
  const after = await resultsOf(store, 'cusum')
  expect(after.map(({ value }) => value)).toEqual(told(revised).map((s) => s.statistic))
  expect(after.slice(0, 7)).toEqual(before.slice(0, 7))
  expect(after[7]?.revision).toBe(2)
  const states = await statesOf(store)
  await run(spec, 0)
  expect(await statesOf(store)).toEqual(states)
  expect(await resultsOf(store, 'cusum')).toEqual(after)
})

test('what is retracted is retracted here too, and read by nobody', async () => {
  const run = newRunner(store)
  await storeMetrics(
    store,
    values.map((value, i) => metricRow(i, value)),
  )
  await run(spec, 0)
  await storeMetrics(store, [metricRow(6, null, { revision: 2, status: 'retracted' })])
  await run(spec, 6)
  const found = await resultsOf(store, 'cusum')
  expect(found[6]?.status).toBe('retracted')
  const kept = found.filter((_, i) => i !== 6).map(({ value }) => value)
  expect(kept).toEqual(told(values.filter((_, i) => i !== 6)).map((s) => s.statistic))
})

test('a rule that is new, or changed, begins at the first stored window', async () => {
  const rows = values.map((value, i) => metricRow(i, value))
  await storeMetrics(store, rows)
  await newRunner(store)(spec, 19)
  expect(await resultsOf(store, 'cusum')).toHaveLength(20)
  const other = specOf({
    sequential: [
      { metric: 'missing_rate', method: 'cusum', parameters: { ...parameters, slack: 1 } },
    ],
  })
  await newRunner(store)(other, 19, { revision: 2 })
  const methods = new Set((await resultsOf(store, 'cusum')).map(({ method }) => method))
  expect([...methods].sort()).toEqual([
    'cusum/tabular(minInstances=5,slack=1,threshold=3) of missing_rate',
    rule,
  ])
  expect(await resultsOf(store, 'cusum')).toHaveLength(40)
})

test('a rule that was away does not miss what went by meanwhile', async () => {
  const run = newRunner(store)
  const without = specOf({})
  for (const [i, value] of values.entries()) {
    await storeMetrics(store, [metricRow(i, value)])
    const away = i >= 5 && i < 15
    await run(away ? without : spec, i, { revision: i < 5 ? 1 : i < 15 ? 2 : 3 })
  }
  const found = (await resultsOf(store, 'cusum')).map(({ value }) => value)
  expect(found).toEqual(told(values).map((s) => s.statistic))
})

test('dying at any call changes nothing of the end', async () => {
  const late = metricRow(4, 0.35, { revision: 2 })
  await storeMetrics(
    store,
    values.map((value, i) => metricRow(i, value)),
  )
  for (let failing = 0; ; failing++) {
    const { dying, calls } = diesAt(failing)
    if (await survives(newRunner(dying)(spec, 0))) break
    expect(calls()).toBe(failing + 1)
  }
  await storeMetrics(store, [late])
  for (let failing = 0; ; failing++) {
    if (await survives(newRunner(diesAt(failing).dying)(spec, 4))) break
  }
  const revised = values.map((value, i) => (i === 4 ? 0.35 : value))
  const found = (await resultsOf(store, 'cusum')).map(({ value }) => value)
  expect(found).toEqual(told(revised).map((s) => s.statistic))
})

/** The store of a process that dies at its nth call, of writes after they took effect. */
function diesAt(failing: number): { dying: Store; calls: () => number } {
  let calls = 0
  const call = async <T>(run: () => Promise<T>): Promise<T> => {
    const answer = await run()
    if (calls++ === failing) throw new AppError('STORE_UNAVAILABLE', 'a fault of this test')
    return answer
  }
  const dying: Store = {
    ...store,
    query: (query) => call(() => store.query(query)),
    command: (statement) => call(() => store.command(statement)),
    insertArrow: (insert) => call(() => store.insertArrow(insert)),
  }
  return { dying, calls: () => calls }
}

const survives = (run: Promise<void>): Promise<boolean> =>
  run.then(
    () => true,
    () => false,
  )

test('series do not mix, and only those that are asked for are followed', async () => {
  const rows = values.flatMap((value, i) => [
    metricRow(i, value),
    metricRow(i, 1 - value, { feature: 'b' }),
    metricRow(i, value, { feature: 'c' }),
    metricRow(i, value, { slice: 'country=DE' }),
    metricRow(i, value / 2, { version: '2', variant: 'shadow' }),
    metricRow(i, value, { metric: 'invalid_rate', method: 'invalid_rate' }),
  ])
  await storeMetrics(store, rows)
  const two = specOf({
    features: { a: 'numeric', b: 'numeric', c: 'numeric' },
    sequential: [{ metric: 'missing_rate', method: 'cusum', parameters, features: ['a', 'b'] }],
  })
  await newRunner(store)(two, 0)
  const found = await resultsOf(store, 'cusum')
  expect(found).toHaveLength(60)
  const of = (version: string, feature: string): (number | null)[] =>
    found.filter((r) => r.version === version && r.feature === feature).map(({ value }) => value)
  expect(of('1', 'b')).toEqual(told(values.map((v) => 1 - v)).map((s) => s.statistic))
  expect(of('2', 'a')).toEqual(told(values.map((v) => v / 2)).map((s) => s.statistic))
})

test('a value that the detector cannot read is told as an error', async () => {
  await storeMetrics(store, [metricRow(0, 0.2), metricRow(1, 1.5), metricRow(2, 0.2)])
  await newRunner(store)(specOf({ sequential: [{ metric: 'missing_rate', method: 'hddm_a' }] }), 0)
  const found = await resultsOf(store, 'change_point')
  expect(found.map(({ status }) => status)).toEqual(['ok', 'error', 'ok'])
})
