import { expect, test } from 'vitest'
import { summaryOf, type SummaryInput } from '../../alerts/summary.ts'

const input: SummaryInput = {
  kind: 'firing',
  monitor: 'input-drift',
  state: 'critical',
  model: 'fraud',
  total: 1,
  series: {
    slice: '',
    feature: 'amount',
    retracted: false,
    evidence: {
      metric: 'psi',
      value: 4.6431,
      threshold: '> 0.5',
      by: 'psi',
      contributions: [
        {
          ...{ kind: 'category', label: 'DE', reference_share: 0.0301, current_share: 0.4096 },
          ...{ change: 0.3795, share: 0.8 },
        },
        {
          ...{ kind: 'missing', label: 'missing', reference_share: 0, current_share: 0.00042 },
          ...{ change: 0.00042, share: 0.1 },
        },
      ],
    },
  },
}

test('a summary says who, what, how much and which bins', () => {
  expect(summaryOf(input)).toBe(
    "input-drift critical: amount (psi 4.64, limit > 0.5): 'DE' 3 % → 41 %, missing 0 % → 0.042 %",
  )
})

test('a slice is named, and how many series more there are', () => {
  const series = { ...input.series, slice: 'country=DE', evidence: { metric: 'ks', value: 0.2 } }
  expect(summaryOf({ ...input, series, total: 4 })).toBe(
    'input-drift critical: amount in country=DE (ks 0.2); and 3 more series',
  )
})

test('a metric of the whole model is about the model, and what is over says so', () => {
  const evidence = { metric: 'accuracy', value: null, threshold: '< 0.9' }
  const series = { ...input.series, feature: '', evidence }
  expect(summaryOf({ ...input, kind: 'resolved', state: 'ok', series })).toBe(
    'input-drift resolved: fraud (accuracy -, limit < 0.9)',
  )
})

test('what never happened is retracted, not resolved, and no bins are told of it', () => {
  const series = { ...input.series, retracted: true }
  expect(summaryOf({ ...input, kind: 'resolved', series })).toBe(
    'input-drift retracted: amount (psi 4.64, limit > 0.5)',
  )
})
