import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ModelSpec } from '../../../core/model-spec.ts'
import { chooseReference } from '../../../monitor/freeze-reference.ts'
import type { FeatureReference } from '../../../store/feature-references.ts'
import { embeddingExtent, embeddingMean } from '../../../store/queries/embedding-centroid.ts'
import { eventsRelation, sourcesOf } from '../../../store/queries/profile-source.ts'
import { withDerived } from '../../../store/queries/source.ts'
import { seeded } from '../../support/seeded.ts'
import { withStore, type TestStore } from '../../support/store.ts'
import { createModel } from './profile-fixture.ts'

const start = Date.parse('2026-03-01T10:00:00Z')
const range = { from: start, to: start + 60_000 }

let opened: TestStore
beforeAll(async () => {
  opened = await withStore('embedded')
})
afterAll(async () => opened.close())

/** A model with these embeddings as its events, in one part of the table for each of the lists. */
async function modelOf(
  name: string,
  dimensions: number,
  parts: readonly (readonly (readonly number[])[])[],
): Promise<ModelSpec> {
  const features = { e: { embedding: [dimensions] } }
  const spec = await createModel(opened.store, { model: name, kind: 'features', features })
  for (const [p, part] of parts.entries()) {
    const rows = part.map(
      (e, i) => `('${p}-${String(i).padStart(4, '0')}', ${start}, [${e.join()}])`,
    )
    await opened.store.command({
      name: 'rows',
      sql: `INSERT INTO \`events_${name}\` (event_id, ts, \`features.e\`)
        SELECT c1, fromUnixTimestamp64Milli(toInt64(c2), 'UTC'), c3
        FROM VALUES('c1 String, c2 Int64, c3 Array(Float32)', ${rows.join(', ')})`,
    })
  }
  return spec
}

async function measured(
  spec: ModelSpec,
  references: ReadonlyMap<string, FeatureReference>,
): Promise<Record<string, number | null>[]> {
  const sources = sourcesOf(spec, references)
  const relation = withDerived(eventsRelation(spec, [range]), sources)
  const columns = sources.map(({ expression }) => expression).join(', ')
  return opened.store.query({
    name: 'measured',
    sql: `SELECT ${columns} FROM ${relation.from} WHERE ${relation.where} ORDER BY event_id`,
    params: relation.params,
    toRow: (raw) => raw as Record<string, number | null>,
  })
}

const sum = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0)
const norm = (xs: readonly number[]): number => Math.sqrt(sum(xs.map((x) => x * x)))

test('norm and distances are those of the plain definitions', async () => {
  const random = seeded(4)
  const vectors = Array.from({ length: 40 }, () =>
    Array.from({ length: 24 }, () => Math.fround(random.normal())),
  )
  const components = Array.from({ length: 24 }, (_, i) => (i % 3) - 0.75)
  const spec = await modelOf('distances', 24, [vectors])
  const rows = await measured(spec, new Map([['e', { kind: 'centroid', components }]]))
  expect(rows).toHaveLength(40)
  vectors.forEach((vector, i) => {
    const apart = norm(vector.map((x, k) => x - (components[k] ?? 0)))
    const dot = sum(vector.map((x, k) => x * (components[k] ?? 0)))
    expect(rows[i]?.['e:norm']).toBeCloseTo(norm(vector), 12)
    expect(rows[i]?.['e:centroid_distance']).toBeCloseTo(apart, 12)
    expect(rows[i]?.['e:centroid_cosine_distance']).toBeCloseTo(
      1 - dot / norm(vector) / norm(components),
      12,
    )
  })
})

test('what is missing, or of another length, has no numbers; nothing has a length but no direction', async () => {
  const spec = await modelOf('absent', 3, [[[], [1, 2], [0, 0, 0], [3, 0, 4]]])
  const components = [3, 0, 4]
  const rows = await measured(spec, new Map([['e', { kind: 'centroid', components }]]))
  expect(rows.map((row) => Object.values(row))).toEqual([
    [null, null, null],
    [null, null, null],
    [0, 5, null],
    [5, 0, 0],
  ])
})

test('without a centroid there is the norm; one of another length is none', async () => {
  const spec = await modelOf('early', 3, [[[1, 2, 2]]])
  expect(await measured(spec, new Map())).toEqual([{ 'e:norm': 3 }])
  const other = new Map([['e', { kind: 'centroid', components: [1, 2] } as const]])
  expect(await measured(spec, other)).toEqual([{ 'e:norm': 3 }])
})

test('a centroid is the mean, and the same to the last bit in whatever order the rows lie', async () => {
  const random = seeded(11)
  // Magnitudes that floating point sums would lose beside each other.
  const vectors = Array.from({ length: 600 }, (_, i) =>
    Array.from({ length: 5 }, () => Math.fround(random.normal() * 10 ** ((i % 9) - 4))),
  )
  const [a, b, c] = [vectors.slice(0, 100), vectors.slice(100, 350), vectors.slice(350)]
  const means: (readonly number[])[] = []
  for (const [name, parts] of [
    ['forth', [a, b, c]],
    ['back', [[...vectors].reverse()]],
  ] as const) {
    const spec = await modelOf(name, 5, parts)
    const relation = eventsRelation(spec, [range])
    const column = { feature: 'e', dimensions: 5 }
    const [extent] = await opened.store.query(embeddingExtent(relation, column))
    expect(extent).toEqual({ n: 600, magnitude: Math.max(...vectors.flat().map(Math.abs)) })
    if (extent !== undefined)
      means.push(...(await opened.store.query(embeddingMean(relation, column, extent))))
  }
  expect(means[0]).toEqual(means[1])
  means[0]?.forEach((mean, k) => {
    expect(mean).toBeCloseTo(sum(vectors.map((vector) => vector[k] ?? 0)) / 600, 9)
  })
})

test('a reference without a value freezes no centroid', async () => {
  const spec = await modelOf('empty', 3, [[[], []]])
  const relation = eventsRelation(spec, [range])
  expect(await chooseReference(opened.store, spec, relation, 'e')).toBeNull()
})

test('4096 dimensions are profiled by one statement', async () => {
  const vector = Array.from({ length: 4096 }, (_, i) => Math.fround(Math.sin(i)))
  const spec = await modelOf('wide', 4096, [[vector, vector.map((x) => -x)]])
  const relation = eventsRelation(spec, [range])
  const centroid = await chooseReference(opened.store, spec, relation, 'e')
  expect(centroid).toEqual({ kind: 'centroid', components: Array.from(vector, () => 0) })
  const components = vector.map((x) => Number(x.toPrecision(9)))
  const rows = await measured(spec, new Map([['e', { kind: 'centroid', components }]]))
  expect(rows[0]?.['e:centroid_distance']).toBeCloseTo(0, 6)
  expect(rows[1]?.['e:centroid_cosine_distance']).toBeCloseTo(2, 12)
})
