import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  chooseCategoricalBins,
  type FeatureBins,
  type ModelBinning,
} from '../../../store/binning.ts'
import type { Store } from '../../../store/client.ts'
import { numericBin } from '../../../store/queries/profile-features.ts'
import { numberArray, numberLiteral } from '../../../store/queries/profile-source.ts'
import { profileWindows } from '../../../store/queries/profile-windows.ts'
import { freezeSlice } from '../../../store/slices.ts'
import { withStore, type TestStore } from '../../support/store.ts'
import {
  binningOf,
  createModel,
  insertEvents,
  numericBins,
  readProfiles,
  run,
  type TestEvent,
} from './profile-fixture.ts'

let store: Store
let opened: TestStore
beforeAll(async () => {
  opened = await withStore('embedded')
  store = opened.store
})
afterAll(() => opened.close())

const start = Date.parse('2026-03-01T10:00:00Z')
const minute = 60_000

/** A small generator with a seed: the same events in every run. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

const countries = ['DE', 'FR', 'US', 'XX', 'YY', null]

function events(count: number): TestEvent[] {
  const random = seeded(7)
  return Array.from({ length: count }, (_, i) => {
    const missing = random() < 0.1
    const magnitude = 10 ** (random() * 12 - 6)
    return {
      id: `e${i}`,
      ts: start + Math.floor(random() * 3 * minute),
      version: random() < 0.5 ? '1' : '2',
      variant: random() < 0.9 ? 'live' : 'shadow',
      features: {
        x: missing ? null : (random() - 0.5) * magnitude,
        country: countries[Math.floor(random() * countries.length)] ?? null,
      },
      ...(missing ? { issues: { x: 'invalid' as const } } : {}),
    }
  })
}

function shuffled<T>(items: readonly T[], seed: number): T[] {
  const random = seeded(seed)
  return items
    .map((item) => ({ item, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item)
}

const all = events(3000)
const binning: ModelBinning = binningOf(
  new Map<string, FeatureBins>([
    ['x', numericBins([-1000, -1, -0.1, 0, 0.1, 1, 1000], -1e5, 1e5)],
    ['country', chooseCategoricalBins(['DE', 'FR', 'US'])],
  ]),
  new Map([['country', freezeSlice([{ name: 'country', edges: null }], [['DE'], ['US']])]]),
)

async function profiled(
  model: string,
  parts: readonly (readonly TestEvent[])[],
  maxThreads: number,
  n?: number,
) {
  const spec = await createModel(store, {
    model,
    kind: 'features',
    window: '1m',
    features: { x: 'numeric', country: 'categorical' },
  })
  for (const part of parts) await insertEvents(store, spec, part)
  const windows = [0, 1, 2].map((i) => ({
    start: start + i * minute,
    revision: 1,
    ...(n === undefined ? {} : { n }),
  }))
  const statements = profileWindows({ spec, binning, windows }).map((statement) => ({
    ...statement,
    settings: { ...statement.settings, max_threads: maxThreads, max_block_size: 512 * maxThreads },
  }))
  await run(store, statements)
  return readProfiles(store, model)
}

test('the same events make the same profile to the bit, however they lie', async () => {
  const once = await profiled('once', [all], 1)

  const mixed = shuffled(all, 3)
  const parts = Array.from({ length: 12 }, (_, i) => mixed.filter((_e, at) => at % 12 === i))
  const again = shuffled(all, 5).slice(0, 700)
  const many = await profiled('many', [...parts, again, again], 2)

  expect(once.size).toBeGreaterThan(50)
  expect([...many]).toEqual([...once])
})

test('both ways to find a bin agree on every double, at the edges and beside them', async () => {
  const double = fc.double({ noNaN: true, noDefaultInfinity: true }).map((x) => (x === 0 ? 0 : x))
  const edgeSets = fc.uniqueArray(double, { minLength: 1, maxLength: 63 })
  await fc.assert(
    fc.asyncProperty(edgeSets, fc.array(double, { maxLength: 40 }), async (unsorted, others) => {
      const edges = [...unsorted].sort((a, b) => a - b)
      const beside = edges.flatMap((edge) => [edge, edge * (1 + 2 ** -52), edge * (1 - 2 ** -52)])
      const values = [...beside, ...others, -Number.MAX_VALUE, Number.MAX_VALUE, 0].filter(
        Number.isFinite,
      )
      const [found] = await store.query({
        name: 'bins',
        sql: `SELECT groupArray(${numericBin('v', edges, 'comparison')}) AS compared, groupArray(${numericBin('v', edges, 'search')}) AS searched
          FROM (SELECT arrayJoin(${numberArray(values)}) AS v)`,
        params: {},
        toRow: (raw) => raw,
      })
      const expected = values.map((value) => edges.filter((edge) => value >= edge).length)
      expect(found).toEqual({ compared: expected, searched: expected })
    }),
    { numRuns: 30, seed: 11 },
  )
})

test('few events make the same profile as many: a search finds the bin that comparisons find', async () => {
  const compared = await profiled('compared', [all], 1)
  const searched = await profiled('searched', [all], 2, 1000)
  expect([...searched]).toEqual([...compared])
  // Enough that a statement takes two of the three windows, and puts their events in order.
  const halves = await profiled('halves', [all], 2, 1_000_000)
  expect([...halves]).toEqual([...compared])
})

test('counts, sums and extremes are those of the events', async () => {
  const profiles = await profiled('naive', [all], 2)
  const inWindow = all.filter(
    (e) => e.ts < start + minute && e.version === '2' && e.variant === 'live',
  )
  const values = inWindow.flatMap(({ features: { x } }) => (typeof x === 'number' ? [x] : []))
  const profile = profiles.get(`${start / 1000}|2|live||x`)
  expect(profile).toMatchObject({
    n: inWindow.length,
    missing: 0,
    invalid: inWindow.length - values.length,
    min: Math.min(...values),
    max: Math.max(...values),
  })
  const edges = [-Infinity, -1000, -1, -0.1, 0, 0.1, 1, 1000, Infinity]
  expect(profile?.counts).toEqual(
    edges.slice(1).map((to, i) => values.filter((x) => x >= (edges[i] ?? 0) && x < to).length),
  )
  expect(profile?.outOfRange).toBe(values.filter((x) => Math.abs(x) > 1e5).length)
  const sum = values.reduce((a, b) => a + b, 0)
  const squares = values.reduce((a, b) => a + b * b, 0)
  expect(Math.abs((profile?.sum ?? 0) - sum) / Math.abs(sum)).toBeLessThan(1e-9)
  expect(Math.abs((profile?.sumSquares ?? 0) - squares) / squares).toBeLessThan(1e-9)
})

test('a number written into SQL is read as the very same double', async () => {
  const bits = fc
    .array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 200, maxLength: 200 })
    .map((values) => [...values, 0, 1, -7, 1e21, 5e-324, Number.MAX_VALUE, 2 ** 53, 0.1, 1 / 3])
  await fc.assert(
    fc.asyncProperty(bits, async (values) => {
      const rows = await store.query({
        name: 'literals',
        sql: `SELECT arrayMap(x -> toString(reinterpretAsUInt64(x)), ${numberArray(values)}) AS bits, ${values.map((v, i) => `toString(reinterpretAsUInt64(${numberLiteral(v)})) AS v${i}`).join(', ')}`,
        params: {},
        toRow: (raw) => ({
          list: raw['bits'] as string[],
          single: values.map((_, i) => String(raw[`v${i}`])),
        }),
      })
      const expected = values.map((v) => {
        const view = new DataView(new ArrayBuffer(8))
        // SQL has no negative zero to speak of, and no comparison tells the two apart.
        view.setFloat64(0, v === 0 ? 0 : v)
        return String(view.getBigUint64(0))
      })
      expect(rows[0]?.list).toEqual(expected)
      expect(rows[0]?.single).toEqual(expected)
    }),
    { numRuns: 20 },
  )
})
