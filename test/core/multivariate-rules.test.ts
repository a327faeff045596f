import { expect, test } from 'vitest'
import { modelFileFindings } from '../../core/validate-model.ts'
import { modelSpec, type ModelFile } from '../../core/model-spec.ts'
import {
  multivariateMethods,
  writesMetric,
  type MultivariateMethod,
} from '../../core/multivariate-schema.ts'
import {
  multivariateMetrics,
  multivariateNames,
} from '../../detectors/multivariate/metric-names.ts'
import { judgedMethods } from '../../detectors/multivariate/nannyml-verdicts.ts'

const base = {
  model: 'm',
  window: '1h',
  features: { x: 'numeric', words: 'text', e: { embedding: [8] } },
  baselines: { training: { file: 'training.csv' } },
}
const monitor = { name: 'together', metric: 'mmd', warn: '> 0.1' }

test.each<[what: string, file: object, problem: string]>([
  ['an unknown method', { multivariate: ['pca'] }, 'pca'],
  ['an unknown feature', { multivariate: [{ method: 'mmd', features: ['y'] }] }, 'no feature "y"'],
  [
    'a text',
    { multivariate: [{ method: 'mmd', features: ['words'] }] },
    'such as words:length, words:words',
  ],
  [
    'an embedding among what is decomposed',
    { multivariate: [{ method: 'pca-reconstruction', features: ['e'] }] },
    'domain-classifier and mmd compare those',
  ],
  [
    'an unknown baseline',
    { multivariate: [{ method: 'mmd', baseline: 'train' }] },
    'no baseline "train"; allowed: training',
  ],
  [
    'a window that is no multiple',
    { multivariate: [{ method: 'mmd', window: '90m' }] },
    'multiples of the base window',
  ],
  [
    'more rows than the square of them affords',
    { multivariate: [{ method: 'mmd', sample: 1001 }] },
    'mmd takes 1000 rows at most',
  ],
  [
    'one method twice',
    { multivariate: ['mmd', { method: 'mmd', window: '2h' }] },
    'is there twice',
  ],
  ['a monitor of what nothing computes', { monitors: [monitor] }, 'no entry of `multivariate`'],
  [
    'a sequential detector of what nothing computes',
    { sequential: [{ metric: 'domain_classifier_auc', method: 'page-hinkley' }] },
    'no entry of `multivariate`',
  ],
  [
    'a monitor of windows that are not compared',
    { multivariate: [{ method: 'mmd', window: '2h' }], monitors: [monitor] },
    'mmd is computed for windows of 2h, not of 1h',
  ],
])('%s is a problem', (_, file, problem) => {
  const messages = modelFileFindings({ ...base, ...file }).map(({ message }) => message)
  expect(messages).toHaveLength(1)
  expect(messages[0]).toContain(problem)
})

test.each<[what: string, file: object]>([
  ['every method', { multivariate: Object.keys(multivariateMethods) }],
  [
    'numbers of texts and of embeddings',
    { multivariate: [{ method: 'mmd', features: ['words:length', 'e:norm', 'e'] }] },
  ],
  [
    'one method for two baselines',
    {
      baselines: { ...base.baselines, lately: { trailing: '1d' } },
      multivariate: [
        { method: 'mmd', baseline: 'training' },
        { method: 'mmd', baseline: 'lately' },
      ],
    },
  ],
  ['a monitor of the windows that are compared', { multivariate: ['mmd'], monitors: [monitor] }],
  [
    'a monitor by method id',
    { multivariate: ['mmd-linear'], monitors: [{ ...monitor, metric: 'mmd/rbf-median-linear' }] },
  ],
])('%s is fine', (_, file) => {
  expect(modelFileFindings({ ...base, ...file })).toEqual([])
})

test('the widest windows are compared, and those that somebody judges', () => {
  const file = {
    ...base,
    multivariate: ['mmd', 'pca-reconstruction', { method: 'domain-classifier', window: '6h' }],
    monitors: [{ ...monitor, window: '3h' }],
  } as ModelFile
  const spec = modelSpec(file)
  const hour = 3_600_000
  expect(spec.windowsMs.map((ms) => ms / hour)).toEqual([1, 3, 6, 24])
  expect(spec.multivariate).toMatchObject([
    { method: 'mmd', widthsMs: [24 * hour, 3 * hour], sample: 500, features: null, baseline: null },
    { method: 'pca-reconstruction', widthsMs: [24 * hour], sample: 10_000 },
    { method: 'domain-classifier', widthsMs: [6 * hour], sample: 2500 },
  ])
})

test('methods are called in model files as the detectors call them', () => {
  const methods = Object.entries(multivariateMethods)
  expect(methods.map(([, { id }]) => id).sort()).toEqual(Object.keys(multivariateMetrics).sort())
  for (const [, { id, metrics }] of methods) expect(multivariateMetrics[id]).toBe(metrics[0])
  const written = methods.flatMap(([, { id, metrics }]) => [id, ...metrics])
  for (const name of written) expect(multivariateNames).toContain(name)
  expect(writesMetric('mmd', 'mmd/rbf-median-linear')).toBe(false)
  const judged = methods.filter((method) => method[1].judged).map(([, { id }]) => id)
  expect(judged.sort()).toEqual([...judgedMethods].sort())
  for (const [method, { id, judged: is }] of methods) {
    expect(writesMetric(method as MultivariateMethod, `drifted/${id}`)).toBe(is)
    expect(writesMetric(method as MultivariateMethod, 'drifted')).toBe(false)
    expect(multivariateNames.includes(`drifted/${id}`)).toBe(is)
  }
})
