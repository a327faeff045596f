import { expect, test } from 'vitest'
import { isOver, monitorPolicy, parseThreshold } from '../../alerts/policy.ts'
import { driftMonitor, fraudSpec, policyOf } from './rows.ts'

test.each([
  ['> 0.2', 0.2, false],
  ['> 0.2', 0.2000001, true],
  ['>= 0.2', 0.2, true],
  ['>= 0.2', 0.19, false],
  ['< 0.8', 0.8, false],
  ['< 0.8', 0.79, true],
  ['<= 0.8', 0.8, true],
  ['<= -1e-3', -0.001, true],
  ['<= 0.8', 0.81, false],
  [' >  10 ', Infinity, true],
])('"%s" says of %d: %s', (text, value, over) => {
  expect(isOver(parseThreshold(text), value)).toBe(over)
})

test('a threshold that is no operator and number is refused', () => {
  expect(() => parseThreshold('= 3')).toThrow(RangeError)
  expect(() => policyOf({ for: '3 of 2' })).toThrow(RangeError)
})

test('a monitor that says nothing looks at all features of the whole model against the first baseline', () => {
  const policy = policyOf()
  expect(policy).toMatchObject({
    features: null,
    windowMs: 3_600_000,
    window: '1h',
    minSamples: 100,
    alpha: 0.05,
    k: 1,
    n: 1,
  })
  expect([...policy.slices!]).toEqual([''])
  expect(policy.baselines).toEqual(['training', ''])
})

test('what a monitor says replaces the defaults', () => {
  const policy = monitorPolicy(fraudSpec(), {
    ...driftMonitor,
    features: ['country'],
    slices: ['*', 'country=DE'],
    baseline: 'last_week',
    window: '1d',
    min_samples: 5,
    for: '2 of 3',
    alpha: 0.01,
  })
  expect(policy).toMatchObject({ slices: null, window: '1d', minSamples: 5, k: 2, n: 3 })
  expect([...policy.features!]).toEqual(['country'])
  expect(policy.baselines).toEqual(['last_week', ''])
})
