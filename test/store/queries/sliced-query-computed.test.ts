import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ModelSpec } from '../../../core/model-spec.ts'
import { compileSlicedQuery, runSlicedQuery } from '../../../store/queries/sliced-query.ts'
import { withStore, type TestStore } from '../../support/store.ts'
import { createModel, insertEvents } from './profile-fixture.ts'

let opened: TestStore
let spec: ModelSpec
beforeAll(async () => {
  opened = await withStore('embedded')
  const features = { comment: 'text', country: 'categorical' } as const
  spec = await createModel(opened.store, { model: 'shop', kind: 'features', features })
  const texts = ['Good', 'BAD box', null, '7 of 9']
  const events = texts.map((comment, i) => ({
    id: `e-${i}`,
    ts: Date.parse('2026-03-01T10:00:00Z') + i,
    features: { comment, country: i < 2 ? 'DE' : 'FR' },
  }))
  await insertEvents(opened.store, spec, events)
})
afterAll(async () => opened.close())

test('what is computed of a text is a number like any other', async () => {
  const answer = await runSlicedQuery(opened.store, spec, {
    select: [
      { mean: 'features.comment:length' },
      { max: 'features.comment:words' },
      { missing_rate: 'features.comment:upper_share' },
      { distinct: 'features.comment' },
    ],
    by: ['features.country'],
  })
  expect(answer.rows).toEqual([
    ['DE', 5.5, 2, 0, 2],
    ['FR', 6, 3, 0.5, 1],
  ])
})

test('it may be filtered and binned by', async () => {
  const answer = await runSlicedQuery(opened.store, spec, {
    select: [{ count: true }],
    where: { not_null: 'features.comment' },
    by: [{ bin: ['features.comment:length', [5]] }],
  })
  expect(answer.rows).toEqual([
    ['< 5', 1],
    ['>= 5', 2],
  ])
})

const refused = (body: unknown): readonly string[] => {
  const result = compileSlicedQuery(spec, body)
  return result.ok ? [] : result.problems.map(({ path, allowed }) => `${path}: ${allowed}`)
}

test('texts are no groups, and what needs the baseline is no column', () => {
  const select = [{ count: true }]
  expect(refused({ select, by: ['features.comment'] })).toEqual([
    'by[0]: {"bin": ["features.comment:length", [edges]]} for a text',
  ])
  const [problem = ''] = refused({ select: [{ mean: 'features.comment:oov_share' }] })
  expect(problem).toContain('select[0].mean: a column: features.comment, features.country')
  expect(problem).toContain('features.comment:entropy')
  expect(problem).not.toContain('oov_share')
})

test('an embedding is no column, but its norm is', () => {
  const features = new Map([...spec.features, ['e', { type: 'embedding', dimensions: 3 } as const]])
  const ask = (column: string) =>
    compileSlicedQuery({ ...spec, features }, { select: [{ missing_rate: column }] }).ok
  expect([ask('features.e'), ask('features.e:norm')]).toEqual([false, true])
})
