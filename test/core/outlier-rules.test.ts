import { expect, test } from 'vitest'
import { modelSpec, type ModelFile } from '../../core/model-spec.ts'
import { parseModelFile } from '../../core/validate-model.ts'

const problemsOf = (text: string): string[] => {
  const parsed = parseModelFile(text, { fileName: 'm.yaml' })
  return parsed.ok ? [] : parsed.problems.map(({ line, message }) => `${line}: ${message}`)
}

test.each([
  [
    'a feature that is not declared',
    'features: { amount: numeric }\noutliers: { features: [amont] }',
    '3: no feature "amont"; did you mean "amount"?',
  ],
  [
    'a baseline that is not declared',
    'baselines: { training: { file: x.csv } }\noutliers: { baseline: trainin }',
    '3: no baseline "trainin"; did you mean "training"?',
  ],
  [
    'a baseline that moves',
    'baselines: { week: { trailing: 7d } }\noutliers: { baseline: week }',
    '3: "week" has no rows of its own; allowed: a file, a range, first events',
  ],
])('%s is told', (_, text, problem) => {
  expect(problemsOf(`model: m\n${text}`)).toEqual([expect.stringContaining(problem.slice(3))])
})

test.each(['threshold: 0.2', 'threshold: 1.1', 'method: knn', 'sender: client', 'features: []'])(
  '%s is refused',
  (line) => {
    expect(problemsOf(`model: m\noutliers:\n  ${line}`)).toHaveLength(1)
  },
)

test('without the section nothing is scored; an empty one has every default', () => {
  expect(modelSpec({ model: 'm' }).outliers).toBeNull()
  expect(modelSpec({ model: 'm', outliers: {} }).outliers).toEqual({
    baseline: 'first',
    method: 'mahalanobis',
    threshold: 0.99,
    features: null,
    confident: 0.9,
    sender: null,
  })
})

test('the baseline is the first that has rows of its own', () => {
  const file: ModelFile = {
    model: 'm',
    baselines: { week: { trailing: '7d' }, training: { file: 'x.csv' } },
    outliers: { sender: 'tags.client' },
  }
  expect(modelSpec(file).outliers).toMatchObject({ baseline: 'training', sender: 'client' })
})
