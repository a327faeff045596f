import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { OutputNames } from '../../../ingest/formats/options.ts'
import { isOutputName, outputRow } from '../../../ingest/formats/outputs.ts'

const plain: OutputNames = { prediction: null, score: null, classes: [] }
const row = (value: unknown, names: Partial<OutputNames> = {}) =>
  outputRow(value, { ...plain, ...names })

test.each<[string, unknown, Partial<OutputNames>, unknown]>([
  ['a text', 'cat', {}, { prediction: 'cat' }],
  ['a boolean', true, {}, { prediction: true }],
  ['a whole number', 1, {}, { prediction: 1 }],
  ['a fraction, as of a regression', 12.5, {}, { prediction: 12.5 }],
  ['a list of one', [0.7], {}, { prediction: 0.7 }],
  ['a fraction that the decoding calls a score', 0.7, { score: 'p' }, { score: 0.7 }],
  ['a value that is both', 0.7, { score: 'p', prediction: 'p' }, { prediction: 0.7, score: 0.7 }],
  ['a vector', [0.1, 0.7, 0.2], {}, { prediction: '1', score: { 0: 0.1, 1: 0.7, 2: 0.2 } }],
  ['a vector of named classes', [0.1, 0.9], { classes: ['no', 'yes'] }, { prediction: 'yes', score: { no: 0.1, yes: 0.9 } }],
  ['a vector with fewer names than numbers', [0.1, 0.9], { classes: ['no'] }, { prediction: '1', score: { no: 0.1, 1: 0.9 } }],
  ['a vector in which two are greatest', [0.5, 0.5], {}, { prediction: '0', score: { 0: 0.5, 1: 0.5 } }],
  ['a vector with a missing number', [null, 0.4], {}, { prediction: '1', score: { 1: 0.4 } }],
  ['probabilities by class', { cat: 0.25, dog: 0.75 }, {}, { prediction: 'dog', score: { cat: 0.25, dog: 0.75 } }],
  ['columns named as they usually are', { predict: 1, predict_proba: [0.2, 0.8] }, {}, { prediction: 1, score: { 0: 0.2, 1: 0.8 } }],
  ['a score by its name alone', { probability: 0.8 }, {}, { score: 0.8 }],
  ['a class and an unnamed vector', { kind: 'dog', logits: [-1, 2] }, {}, { prediction: 'dog', score: { 0: -1, 1: 2 } }],
  ['a single column of any name', { dense_1: 3.5 }, {}, { prediction: 3.5 }],
  ['a text among other columns', { mean: 1.5, kind: 'dog' }, {}, { prediction: 'dog' }],
  ['a number among other columns', { mean: 1.5, deviation: 0.1 }, {}, { prediction: 1.5 }],
  ['columns that the decoding chooses', { a: 1, b: 0.5, label: 'x' }, { prediction: 'a', score: 'b' }, { prediction: 1, score: 0.5 }],
  ['a chosen vector beside a chosen class', { c: 'no', p: [0.3, 0.7] }, { prediction: 'c', score: 'p', classes: ['no', 'yes'] }, { prediction: 'no', score: { no: 0.3, yes: 0.7 } }],
  ['a chosen vector alone', { p: [0.3, 0.7], other: 'x' }, { prediction: 'p' }, { prediction: '1', score: { 0: 0.3, 1: 0.7 } }],
  ['a chosen column that is not there', { b: 2 }, { prediction: 'a' }, {}],
  ['nothing', null, {}, {}],
  ['no columns', {}, {}, {}],
  ['an empty list', [], {}, {}],
  ['a list of texts', ['a', 'b'], {}, {}],
  ['a list of lists', [[1, 2], [3]], {}, {}],
])('%s', (_, value, names, expected) => {
  expect(row(value, names)).toEqual(expected)
}) // prettier-ignore

test('of more classes than an event may have, the greatest and its number are kept', () => {
  const logits = Array.from({ length: 1000 }, (_, i) => (i === 613 ? 9 : 0))
  expect(row(logits)).toEqual({ prediction: '613', score: 9 })
})

test('names of outputs are known in any case', () => {
  expect(['Prediction', 'SCORE', 'predict_proba', 'y_pred'].every(isOutputName)).toBe(true)
  expect(['amount', 'age', 'label_count', ''].some(isOutputName)).toBe(false)
})

const anyNames = fc.record({
  prediction: fc.option(fc.constantFrom('a', 'p', '__proto__')),
  score: fc.option(fc.constantFrom('a', 's', 'toString')),
  classes: fc.array(fc.string(), { maxLength: 3 }),
})

test('whatever a model answers, it becomes a scalar and numbers, and nothing is thrown', () => {
  fc.assert(
    fc.property(fc.jsonValue(), anyNames, (value, names) => {
      const { prediction, score, ...rest } = outputRow(value, names)
      expect(rest).toEqual({})
      expect(['undefined', 'string', 'number', 'boolean']).toContain(typeof prediction)
      const numbers = typeof score === 'object' ? Object.values(score ?? {}) : [score ?? 0]
      for (const number of numbers) expect(typeof number).toBe('number')
    }),
  )
})

test('the prediction of a vector is a class of its score, and no other has more', () => {
  const vector = fc.array(fc.double({ noNaN: true }), { minLength: 2, maxLength: 20 })
  fc.assert(
    fc.property(vector, (numbers) => {
      const { prediction, score } = row(numbers)
      expect(numbers[Number(prediction)]).toBe(numbers.reduce((a, b) => Math.max(a, b)))
      expect(Object.keys(score as object)).toHaveLength(numbers.length)
    }),
  )
})
