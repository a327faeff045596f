import { expect, test } from 'vitest'
import { verdictOf } from '../../alerts/verdict.ts'
import type { MetricRow } from '../../store/queries/metric-row.ts'
import { metricRow, plainLimits, policyOf } from './rows.ts'

const policy = policyOf()
const judge = (row: MetricRow, by = policy) => verdictOf(plainLimits(by)(row), row)

test.each<[name: string, value: number | null, rest: Partial<MetricRow>, verdict: string]>([
  ['below both limits', 0.05, {}, 'ok'],
  ['exactly at a strict limit', 0.1, {}, 'ok'],
  ['over the warning', 0.15, {}, 'warn'],
  ['over both', 0.3, {}, 'critical'],
  ['over both, significant', 0.3, { pValue: 0.001, pAdjusted: 0.05 }, 'critical'],
  ['over both, not significant once adjusted', 0.3, { pValue: 0.001, pAdjusted: 0.051 }, 'ok'],
  ['over both, significant, never adjusted', 0.3, { pValue: 0.01 }, 'critical'],
  ['over both, p-value not a number', 0.3, { pAdjusted: Number.NaN }, 'ok'],
  ['too few events', 0.3, { nCurrent: 99 }, 'none'],
  ['just enough events', 0.3, { nCurrent: 100 }, 'critical'],
  ['no value', null, {}, 'none'],
  ['not a number', Number.NaN, {}, 'none'],
  ['an infinite distance', Infinity, {}, 'critical'],
  ['insufficient data', 0.3, { status: 'insufficient_data' }, 'none'],
  ['no data', 0.3, { status: 'no_data' }, 'none'],
  ['a detector that failed', 0.3, { status: 'error' }, 'none'],
  ['a result withdrawn', 0.3, { status: 'retracted' }, 'none'],
])('%s', (_name, value, rest, verdict) => {
  expect(judge(metricRow(0, value, rest))).toBe(verdict)
})

test('a monitor with one limit knows one level', () => {
  const critical = { ...policy, warn: null }
  const warn = { ...policy, critical: null }
  expect(judge(metricRow(0, 0.15), critical)).toBe('ok')
  expect(judge(metricRow(0, 0.9), warn)).toBe('warn')
})
