import { expect, test } from 'vitest'
import { modelSpec, type ModelFile } from '../../core/model-spec.ts'
import { EventColumns } from '../../ingest/event-columns.ts'
import { OutlierScorers } from '../../ingest/outlier-scorers.ts'
import { scoreOutliers } from '../../ingest/score-outliers.ts'
import { Segment } from '../../ingest/segment.ts'
import type { OutlierModel } from '../../detectors/outliers/outlier-model.ts'
import { tailLevels } from '../../detectors/outliers/tails.ts'
import { byTail } from '../../detectors/outliers/encoding.ts'
import type { Query } from '../../store/query.ts'
import { ManualClock } from '../support/manual-clock.ts'

const file: ModelFile = {
  model: 'm',
  features: { x: 'numeric', c: 'categorical', gone: 'numeric' },
  outliers: { method: 'tails', threshold: 0.9 },
}
const counts = {
  categories: ['a', 'b'],
  counts: [900, 100],
  missing: 0,
  rest: { count: 0, categories: 0 },
}

/** Uniform from 0 to 1: a score says how far out on that. */
const definition: OutlierModel = {
  format: 1,
  method: 'tails/greatest',
  n: 1000,
  features: [
    { name: 'x', kind: 'numeric' },
    byTail('c', counts),
    { name: 'gone', kind: 'numeric' },
  ],
  body: { kind: 'tails', n: 1000, quantiles: [[...tailLevels], null, []] },
  reference: Array.from({ length: 11 }, (_, i) => i),
}

/** A store that holds one outlier model, of a revision that a test moves on. */
function storeWith(revision: { now: number }) {
  const asked: string[] = []
  return {
    asked,
    store: {
      query: async <Row>({ name, toRow }: Query<Row>): Promise<Row[]> => {
        asked.push(name)
        return [
          toRow(
            name === 'outlier-definition'
              ? { definition: JSON.stringify(definition) }
              : { model: 'm', revision: revision.now },
          ),
        ]
      },
    },
  }
}

const registryOf = (spec: ReturnType<typeof modelSpec>) => {
  const model = { spec, revision: 1, origin: 'file', createdAt: new Date(0) } as const
  return { get: () => model, list: () => [model] }
}

test('a newer fit is taken up within seconds, and the definition is read once', async () => {
  const clock = new ManualClock()
  const revision = { now: 1 }
  const { store, asked } = storeWith(revision)
  const scorers = new OutlierScorers({ store, registry: registryOf(modelSpec(file)), clock })
  expect(await scorers.of('m')).toMatchObject({ revision: 1, threshold: 0.9 })
  revision.now = 2
  expect((await scorers.of('m'))?.revision).toBe(1)
  expect(asked).toEqual(['newest-outlier-models', 'outlier-definition'])
  clock.advance(5_000)
  expect((await scorers.of('m'))?.revision).toBe(2)
  clock.advance(5_000)
  await scorers.of('m')
  expect(asked.filter((name) => name === 'outlier-definition')).toHaveLength(2)
})

test('a model without the section asks the store nothing and has no scores', async () => {
  const { store, asked } = storeWith({ now: 1 })
  const registry = registryOf(modelSpec({ model: 'm' }))
  expect(await new OutlierScorers({ store, registry, clock: new ManualClock() }).of('m')).toBeNull()
  expect(asked).toEqual([])
})

test('columns of a batch are scored row by row; what lacks a column, or is another type, is missing', async () => {
  const spec = modelSpec({ ...file, features: { x: 'numeric', c: 'categorical', gone: 'boolean' } })
  const columns = new EventColumns(spec)
  const rows: [x: number | null, c: string | null][] = [
    [0.5, 'a'],
    [0.999, 'a'],
    [null, null],
    [0.5, 'new'],
    [null, 'b'],
  ]
  for (const [x, c] of rows) {
    columns.enter(new Segment({ source: 's', topic: 't', partition: 0 }, 0), columns.rows)
    const [first, second] = [columns.features.get('x'), columns.features.get('c')]
    if (x !== null && first?.kind === 'numeric') first.cells.set(columns.rows, x)
    if (c !== null && second?.kind === 'categorical') second.cells.set(columns.rows, c)
    columns.finishRow(0)
  }
  const clock = new ManualClock()
  const registry = registryOf(spec)
  const scorer = await new OutlierScorers({ ...storeWith({ now: 3 }), registry, clock }).of('m')
  if (scorer === null) throw new Error('there is a scorer')
  await scoreOutliers(columns, scorer, clock)

  const scores = [...(columns.outliers?.score.read(rows.length) ?? [])]
  // In bits: 0, 9, of a missing category as of one never seen 11, the same, and 3.3.
  const expected = [0, 0.9, 1, 1, 0.332]
  scores.forEach((score, i) => {
    expect(score).toBeCloseTo(expected[i] ?? NaN, 2)
  })
  const names = columns.toInsert(0).columns
  expect(names).toEqual(
    expect.arrayContaining(['outlier_score', 'outlier_features', 'outlier_revision']),
  )
})

test('a batch that was not scored does not send the columns at all', () => {
  const columns = new EventColumns(modelSpec({ model: 'm', features: { x: 'numeric' } }))
  columns.enter(new Segment({ source: 's', topic: 't', partition: 0 }, 0), 0)
  columns.finishRow(0)
  expect(columns.toInsert(0).columns.filter((name) => name.startsWith('outlier'))).toEqual([])
})
