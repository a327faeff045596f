import { expect, test } from 'vitest'
import { sequentialDetectorNamed } from '../../../detectors/sequential/catalogue.ts'
import {
  changePointMethod,
  changePointValue,
  changePointWay,
  detectorRule,
  followedName,
  parameterProblems,
  resultMethod,
  sequentialMethods,
} from '../../../detectors/sequential/window-series.ts'

test('the method of results tells the convention, what is no default, and what is followed', () => {
  expect(detectorRule({ method: 'cusum' })).toBe('cusum/tabular')
  const parameters = { threshold: 4, slack: 1, minInstances: 30 }
  const rule = detectorRule({ method: 'cusum/tabular', parameters })
  expect(rule).toBe('cusum/tabular(slack=1,threshold=4)')
  const method = resultMethod(rule, 'missing_rate')
  expect(method).toBe('cusum/tabular(slack=1,threshold=4) of missing_rate')
  expect(changePointMethod(method)).toBe(`change_point/${method}`)
  expect(() => detectorRule({ method: 'nothing' })).toThrow(RangeError)
})

test.each([
  ['psi', 'psi/decile-jeffreys', 'psi/decile-jeffreys'],
  ['missing_rate', 'missing_rate', 'missing_rate'],
  ['n', 'count', 'n'],
  ['q50', 'quantile/binned', 'q50 by quantile/binned'],
])('two series of %s by %s are told apart by their name', (metric, method, name) => {
  expect(followedName({ metric, method })).toBe(name)
})

test('a drift counts one, a warning half', () => {
  expect((['none', 'warning', 'drift'] as const).map(changePointValue)).toEqual([0, 0.5, 1])
  expect(([null, 'up', 'down'] as const).map(changePointWay)).toEqual([0, 1, -1])
})

test('methods are offered for what they can read', () => {
  expect(sequentialMethods.names('metric')).not.toContain('eddm')
  expect(sequentialMethods.names('errors')).toContain('eddm/distances')
  expect(sequentialMethods.names('distances')).not.toContain('ddm')
})

test('results are recognised by their method', () => {
  const asked = { method: 'cusum', parameters: { slack: 1 } }
  expect(sequentialMethods.isResultMethod(asked, 'cusum/tabular(slack=1) of psi')).toBe(true)
  expect(sequentialMethods.isResultMethod(asked, 'cusum/tabular of psi')).toBe(false)
})

test.each(sequentialMethods.names('errors'))('%s accepts its own defaults', (method) => {
  const parameters = Object.entries(sequentialDetectorNamed(method)!.parameters).flatMap(
    ([name, { default: value }]: [string, { default: unknown }]) =>
      value === null ? [] : [[name, value]],
  )
  const given = Object.fromEntries(parameters) as Record<string, unknown>
  expect(parameterProblems(method, given)).toEqual([])
})

test('all wrong parameters are told at once', () => {
  const problems = parameterProblems('adwin', { delta: 2, clock: 1.5, cuts: 'some', other: 1 })
  expect(problems.map(({ parameter }) => parameter)).toEqual(['delta', 'clock', 'cuts', 'other'])
})
