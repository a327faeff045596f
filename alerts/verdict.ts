import type { MetricRow } from '../store/queries/metric-row.ts'
import { isOver } from './policy.ts'
import type { Limit, RowLimits } from './row-limits.ts'

/** What one window says about one series. `none` is no verdict: it changes nothing and is not counted. */
export type Verdict = 'critical' | 'warn' | 'ok' | 'none'

type Judged = Pick<MetricRow, 'status' | 'value' | 'pValue' | 'pAdjusted' | 'nCurrent'>
type Limits = Pick<RowLimits, 'warn' | 'critical' | 'minSamples' | 'alpha'>

/**
 * A breach needs both: a value over the threshold and, where the metric has a p-value, one that the
 * correction for many comparisons leaves significant. Too little data is no verdict, good or bad; nor
 * is a value below the limits that are known while another has still to be learnt.
 */
export function verdictOf(limits: Limits, row: Judged): Verdict {
  const { value } = row
  if (row.status !== 'ok' || row.nCurrent < limits.minSamples) return 'none'
  if (value === null || Number.isNaN(value)) return 'none'
  const p = row.pAdjusted ?? row.pValue
  if (p !== null && !(p <= limits.alpha)) return 'ok'
  const critical = breaks(limits.critical, value)
  if (critical === true) return 'critical'
  const warn = breaks(limits.warn, value)
  if (warn === true) return 'warn'
  return critical === undefined || warn === undefined ? 'none' : 'ok'
}

/** Undefined while the limit is not known. */
function breaks(limit: Limit | null, value: number): boolean | undefined {
  if (limit === null) return false
  return limit.thresholds?.some((threshold) => isOver(threshold, value))
}
