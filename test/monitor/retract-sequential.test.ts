import { afterEach, beforeEach, expect, test } from 'vitest'
import { AppError } from '../../core/errors.ts'
import type { ModelFile } from '../../core/model-spec.ts'
import { cusum } from '../../detectors/sequential/cusum.ts'
import type { Store } from '../../store/client.ts'
import { withStore, type TestStore } from '../support/store.ts'
import {
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

type Entry = NonNullable<ModelFile['sequential']>[number]
const parameters = { minInstances: 2, threshold: 3 }
const entry: Entry = { metric: 'missing_rate', method: 'cusum', parameters }
const features = { a: 'numeric', b: 'numeric' } as const
const followed = specOf({ features, sequential: [entry] })
const removed = specOf({ features })

const windows = 10
const values = Array.from({ length: windows }, (_, i) => 0.1 + (i % 3) / 100)
const late = 6
const revised = values.map((value, i) => (i === late ? 0.3 : value))

/** What the detector itself says of a series. */
function told(series: readonly number[]): (number | null)[] {
  let state = cusum.init(parameters)
  return series.map((value) => {
    const step = cusum.update(state, value)
    state = step.state
    return step.statistic
  })
}

const stored = (metric = 'missing_rate', feature = 'a') =>
  storeMetrics(
    store,
    values.map((value, i) => metricRow(i, value, { metric, method: metric, feature })),
  )

const reviseOne = () => storeMetrics(store, [metricRow(late, revised[late]!, { revision: 2 })])

const of = async (metric: string, feature = 'a') =>
  (await resultsOf(store, metric)).filter((row) => row.feature === feature)

const standing = async (metric: string, feature = 'a'): Promise<boolean[]> =>
  (await of(metric, feature)).map(({ status }) => status !== 'retracted')

const all = Array.from({ length: windows }, () => true)
const before = all.map((_, i) => i < late)

test('what a removed rule found stands while its windows do', async () => {
  await stored()
  await newRunner(store)(followed, 0)
  const [found, states] = [await resultsOf(store, 'cusum'), await statesOf(store)]
  await storeMetrics(store, [metricRow(windows, 0.2)])
  await newRunner(store)(removed, windows, { revision: 2 })
  expect(await resultsOf(store, 'cusum')).toEqual(found)
  expect(await statesOf(store)).toEqual(states)
})

test('from a window that is evaluated again on it is retracted, once', async () => {
  await stored()
  await newRunner(store)(followed, 0)
  await reviseOne()
  const run = newRunner(store)
  await run(removed, late, { revision: 2 })
  for (const metric of ['cusum', 'change_point']) expect(await standing(metric)).toEqual(before)
  const [first] = (await of('cusum')).slice(late)
  expect(first).toMatchObject({ value: null, noiseFloor: null, nCurrent: 0, revision: 2 })
  const [found, states] = [await resultsOf(store, 'cusum'), await statesOf(store)]
  await run(removed, late, { revision: 2 })
  expect(await resultsOf(store, 'cusum')).toEqual(found)
  expect(await statesOf(store)).toEqual(states)
})

test('a rule that comes back stands in every window again, with what it would always have found', async () => {
  await stored()
  const run = newRunner(store)
  await run(followed, 0)
  await run(removed, late, { revision: 2 })
  await run(followed, windows - 1, { revision: 3 })
  expect(await standing('cusum')).toEqual(all)
  expect((await of('cusum')).map(({ value }) => value)).toEqual(told(values))

  await run(removed, late, { revision: 4 })
  await reviseOne()
  await run(followed, late, { revision: 5 })
  expect(await standing('change_point')).toEqual(all)
  expect((await of('cusum')).map(({ value }) => value)).toEqual(told(revised))
})

test('a rule that covers less retracts the rest and nothing else', async () => {
  await stored()
  await stored('missing_rate', 'b')
  await newRunner(store)(followed, 0)
  await reviseOne()
  const less = specOf({ features, sequential: [{ ...entry, features: ['a'] }] })
  await newRunner(store)(less, late, { revision: 2 })
  expect((await of('cusum')).map(({ value }) => value)).toEqual(told(revised))
  expect(await standing('cusum', 'b')).toEqual(before)
})

test('rules of other metrics, and of what labels tell, stay as they are', async () => {
  await stored()
  await stored('invalid_rate')
  await stored('ece', '')
  const other = [
    { ...entry, metric: 'invalid_rate' },
    { ...entry, metric: 'ece' },
  ]
  const three = specOf({ features, sequential: [entry, ...other] })
  const run = newRunner(store)
  await run(three, 0)
  await run(three, 0, { part: 'labels' })
  const method = 'cusum/tabular(minInstances=2,threshold=3) of'
  const bySource = async (name: string) =>
    (await resultsOf(store, 'cusum')).filter((row) => row.method === `${method} ${name}`)
  const labelled = await bySource('ece')
  expect(labelled).toHaveLength(windows)

  await run(specOf({ features, sequential: other }), late, { revision: 2 })
  const statuses = (await bySource('missing_rate')).map(({ status }) => status !== 'retracted')
  expect(statuses).toEqual(before)
  expect((await bySource('invalid_rate')).map(({ value }) => value)).toEqual(told(values))
  expect(await bySource('ece')).toEqual(labelled)

  await run(removed, late, { revision: 3 })
  expect(await bySource('ece')).toEqual(labelled)
  await run(removed, late, { revision: 3, part: 'labels' })
  const gone = (await bySource('ece')).map(({ status }) => status !== 'retracted')
  expect(gone).toEqual(before)
})

test('dying in between leaves nothing retracted of a rule that has come back', async () => {
  await stored()
  await newRunner(store)(followed, 0)
  for (let failing = 0, revision = 2; ; failing++, revision += 2) {
    const survived = await newRunner(diesAt(failing))(removed, late, { revision }).then(
      () => true,
      () => false,
    )
    await newRunner(store)(followed, windows - 1, { revision: revision + 1 })
    for (const metric of ['cusum', 'change_point']) expect(await standing(metric)).toEqual(all)
    if (survived) break
    expect(failing).toBeLessThan(20)
  }
  expect((await of('cusum')).map(({ value }) => value)).toEqual(told(values))
})

/** The store of a process that dies at its nth call, of writes after they took effect. */
function diesAt(failing: number): Store {
  let calls = 0
  const call = async <T>(run: () => Promise<T>): Promise<T> => {
    const answer = await run()
    if (calls++ === failing) throw new AppError('STORE_UNAVAILABLE', 'a fault of this test')
    return answer
  }
  return {
    ...store,
    query: (query) => call(() => store.query(query)),
    command: (statement) => call(() => store.command(statement)),
  }
}
