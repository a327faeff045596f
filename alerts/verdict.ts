import type { MetricRow } from '../store/queries/metric-row.ts'
import { isOver, type MonitorPolicy } from './policy.ts'

/** What one window says about one series. `none` is no verdict: it changes nothing and is not counted. */
export type Verdict = 'critical' | 'warn' | 'ok' | 'none'

type Judged = Pick<MetricRow, 'status' | 'value' | 'pValue' | 'pAdjusted' | 'nCurrent'>
type Limits = Pick<MonitorPolicy, 'warn' | 'critical' | 'minSamples' | 'alpha'>

/**
 * A breach needs both: a value over the threshold and, where the metric has a p-value, one that the
 * correction for many comparisons leaves significant. Too little data is no verdict, good or bad.
 */
export function verdictOf(limits: Limits, row: Judged): Verdict {
  const { value } = row
  if (row.status !== 'ok' || row.nCurrent < limits.minSamples) return 'none'
  if (value === null || Number.isNaN(value)) return 'none'
  const p = row.pAdjusted ?? row.pValue
  if (p !== null && !(p <= limits.alpha)) return 'ok'
  if (limits.critical !== null && isOver(limits.critical, value)) return 'critical'
  if (limits.warn !== null && isOver(limits.warn, value)) return 'warn'
  return 'ok'
}
