import { expect, test } from 'vitest'
import { derivedNames } from '../../core/derived-features.ts'
import { modelSpec } from '../../core/model-spec.ts'
import { parseModelFile } from '../../core/validate-model.ts'

const problemsOf = (text: string): string[] => {
  const parsed = parseModelFile(text, { fileName: 'm' })
  return parsed.ok ? [] : parsed.problems.map(({ path, message }) => `${path}: ${message}`)
}

test('a feature may be text, and an embedding is declared by its dimensions', () => {
  const { features } = modelSpec({
    model: 'm',
    features: { a: 'text', b: { type: 'text' }, c: { embedding: [384] } },
  })
  expect([...features]).toEqual([
    ['a', { type: 'text' }],
    ['b', { type: 'text' }],
    ['c', { type: 'embedding', dimensions: 384 }],
  ])
})

test.each(['[384]', '[2]', '[4096]'])('an embedding of %s dimensions is allowed', (dimensions) => {
  expect(problemsOf(`model: m\nfeatures: { e: { embedding: ${dimensions} } }`)).toEqual([])
})

const allowed = 'allowed: the number of its dimensions, 2 to 4096, in a list: [384]'
test.each([
  ['{ embedding: 384 }', `features.e.embedding: found 384; ${allowed}`],
  ['{ embedding: [] }', `features.e.embedding: found 0 entries; ${allowed}`],
  ['{ embedding: [2, 2] }', `features.e.embedding: found 2 entries; ${allowed}`],
  [
    '{ embedding: [1] }',
    'features.e.embedding[0]: found 1; allowed: a whole number from 2 to 4096',
  ],
  ['{ embedding: [4097] }', 'features.e.embedding[0]: found 4097'],
  ['embedding', 'features.e: found "embedding"; allowed: numeric, categorical, boolean or text'],
  ['{ type: embedding }', 'features.e.type: found "embedding"'],
  ['{ type: text, max: 3 }', 'features.e: min and max are for numeric features; this one is text'],
])('%s is refused with what is allowed', (entry, problem) => {
  const problems = problemsOf(`model: m\nfeatures:\n  e: ${entry}`)
  expect(problems).toEqual([expect.stringContaining(problem)])
})

test.each([
  [
    'slices by text',
    'features: { t: text }\nslices: [t]',
    'slices[0]: "t" is text: slices are by categorical, boolean and numeric features and tags',
  ],
  [
    'slices crossed with an embedding',
    'features: { c: categorical, e: { embedding: [3] } }\nslices: [[c, e]]',
    'slices[0][1]: "e" is an embedding: slices are by',
  ],
  [
    'slices by a number computed of a text',
    'features: { t: text }\nslices: ["t:length"]',
    'slices[0]: no feature "t:length"',
  ],
  [
    'outlier scores of text',
    'features: { a: numeric, t: text }\noutliers: { features: [a, t] }',
    'outliers.features[1]: "t" is text or an embedding: outlier scores are of numeric',
  ],
  [
    'a feature named like a number that is computed of another',
    'features: { t: text, "t:length": numeric }',
    'features["t:length"]: "t:length" is computed of another feature: take another name',
  ],
])('%s are refused', (_, text, problem) => {
  expect(problemsOf(`model: m\n${text}`)).toEqual([expect.stringContaining(problem)])
})

test('monitors may name what is computed of texts and embeddings, and nothing else by such names', () => {
  const file = (feature: string): string =>
    [
      'model: m',
      'features: { comment: text, vector: { embedding: [3] }, amount: numeric }',
      'monitors:',
      `  - { name: x, metric: psi, features: ["${feature}"], warn: "> 1" }`,
    ].join('\n')
  expect(problemsOf(file('comment:oov_share'))).toEqual([])
  expect(problemsOf(file('vector:centroid_distance'))).toEqual([])
  expect(problemsOf(file('comment:norm'))).toEqual([expect.stringContaining('no feature')])
  expect(problemsOf(file('amount:length'))).toEqual([expect.stringContaining('no feature')])
})

test('the names of what is computed follow the declared order', () => {
  const features = { e: 'numeric', a: 'numeric', t: 'text' } as const
  const names = derivedNames({ ...features, e: { embedding: [3] } })
  expect(names.slice(0, 4)).toEqual([
    'e:norm',
    'e:centroid_distance',
    'e:centroid_cosine_distance',
    't:length',
  ])
  expect(names).toHaveLength(12)
})
