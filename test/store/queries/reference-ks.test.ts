import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Store } from '../../../store/client.ts'
import { eventsRelation } from '../../../store/queries/profile-source.ts'
import { exactKs } from '../../../store/queries/reference-ks.ts'
import { withStore, type TestStore } from '../../support/store.ts'
import { createModel, insertEvents, type TestEvent } from './profile-fixture.ts'

let store: Store
let opened: TestStore
beforeAll(async () => {
  opened = await withStore('embedded')
  store = opened.store
})
afterAll(() => opened.close())

const minute = 60_000
const start = Date.parse('2026-03-01T10:00:00Z')

/** The definition, point by point. */
function naive(reference: readonly number[], current: readonly number[]): number {
  const share = (values: readonly number[], x: number) =>
    values.filter((v) => v <= x).length / values.length
  const points = [...reference, ...current]
  return Math.max(...points.map((x) => Math.abs(share(reference, x) - share(current, x))))
}

const events = (at: number, a: readonly (number | null)[], b: readonly number[]): TestEvent[] =>
  a.map((x, i) => ({ id: `${at}-${i}`, ts: at + i, features: { a: x, b: b[i] ?? null } }))

test('equals the definition, with ties, missing values and disjoint ranges', async () => {
  const spec = await createModel(store, {
    model: 'ks',
    kind: 'features',
    window: '1m',
    features: { a: 'numeric', b: 'numeric', c: 'categorical' },
  })
  const numbers = (n: number, f: (i: number) => number) => Array.from({ length: n }, (_, i) => f(i))
  const refA = numbers(50, (i) => (i * 7) % 11)
  const refB = numbers(50, (i) => Math.sin(i))
  const oneA = numbers(30, (i) => (i * 5) % 13)
  const oneB = numbers(30, (i) => Math.sin(i * i) + 0.3)
  const twoA = numbers(10, () => 0)
  const twoB = numbers(10, (i) => 100 + i)
  await insertEvents(store, spec, [
    ...events(start, [...refA, null], refB),
    ...events(start + 5 * minute, oneA, oneB),
    ...events(start + 6 * minute, twoA, twoB),
  ])
  const rows = await store.query(
    exactKs({
      spec,
      features: ['a', 'b', 'c'],
      widthMs: minute,
      ranges: [{ from: start + 5 * minute, to: start + 8 * minute }],
      reference: eventsRelation(spec, [{ from: start, to: start + minute }], 'reference_'),
    }),
  )
  const sizes = rows.map((r) => [r.feature, r.windowStart, r.nReference, r.nCurrent])
  expect(sizes).toEqual([
    ['a', start + 5 * minute, 50, 30],
    ['b', start + 5 * minute, 50, 30],
    ['a', start + 6 * minute, 50, 10],
    ['b', start + 6 * minute, 50, 10],
  ])
  const expected = [naive(refA, oneA), naive(refB, oneB), naive(refA, twoA), naive(refB, twoB)]
  for (const [i, row] of rows.entries()) expect(row.statistic).toBeCloseTo(expected[i] ?? NaN, 12)
})

test('-0 and 0 are one value, on either side', async () => {
  const spec = await createModel(store, {
    model: 'ks-zeros',
    kind: 'features',
    window: '1m',
    features: { a: 'numeric', b: 'numeric' },
  })
  await insertEvents(store, spec, [
    ...events(start, [0, 0, 0, 0], [-0, 0, -0, 0]),
    ...events(start + minute, [0, -0, 0, -0], [0, 0, 0, 0]),
  ])
  const rows = await store.query(
    exactKs({
      spec,
      features: ['a', 'b'],
      widthMs: minute,
      ranges: [{ from: start + minute, to: start + 2 * minute }],
      reference: eventsRelation(spec, [{ from: start, to: start + minute }], 'reference_'),
    }),
  )
  expect(rows.map((r) => [r.feature, r.statistic, r.nReference, r.nCurrent])).toEqual([
    ['a', 0, 4, 4],
    ['b', 0, 4, 4],
  ])
})
