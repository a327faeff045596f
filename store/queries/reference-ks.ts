import type { Query } from '../query.ts'
import { arm, exactSamples, type ExactSamplesInput } from './exact-samples.ts'

export interface ExactKs {
  readonly version: string
  readonly variant: string
  /** Epoch ms. */
  readonly windowStart: number
  readonly feature: string
  /** sup |F - G| over the stored values, in [0, 1]. */
  readonly statistic: number
  /** Values that are there on both sides. */
  readonly nReference: number
  readonly nCurrent: number
}

/**
 * The two-sample Kolmogorov–Smirnov statistic over rows, exact under ties, for many windows and
 * some features at once; the two distributions are compared as they are, in no bins.
 *
 * Between two neighbouring current values the current distribution stands still and the reference's
 * only grows, so the greatest distance lies at a current value or just below one. Each current value
 * therefore looks up how much of the reference is at most, and less than, itself: one ASOF join.
 */
export function exactKs(input: ExactSamplesInput): Query<ExactKs> {
  const { counted, params, settings } = exactSamples(input)
  return {
    name: 'exact-ks',
    sql: `WITH ${counted}, ${distances}`,
    params,
    settings,
    toRow: (raw) => ({
      version: String(raw['version']),
      variant: String(raw['variant']),
      windowStart: Number(raw['start']),
      feature: String(raw['feature']),
      statistic: Number(raw['statistic']),
      nReference: Number(raw['n_reference']),
      nCurrent: Number(raw['n_current']),
    }),
  }
}

const distances = `
  reference_upto AS (
    SELECT feature, x, c,
      sum(c) OVER (PARTITION BY feature ORDER BY x) AS upto,
      sum(c) OVER (PARTITION BY feature) AS m
    FROM reference
  ),
  current_upto AS (
    SELECT ${arm}, x, c,
      sum(c) OVER (PARTITION BY ${arm} ORDER BY x) AS upto,
      sum(c) OVER (PARTITION BY ${arm}) AS n
    FROM current
  )
SELECT a.start AS start, a.version AS version, a.variant AS variant, a.feature AS feature,
  any(a.n) AS n_current, any(t.m) AS n_reference,
  max(greatest(
    abs(a.upto / a.n - r.upto / t.m),
    abs((a.upto - a.c) / a.n - (r.upto - if(r.x = a.x, r.c, 0)) / t.m)
  )) AS statistic
FROM current_upto AS a
INNER JOIN (SELECT feature, any(m) AS m FROM reference_upto GROUP BY feature) AS t ON a.feature = t.feature
ASOF LEFT JOIN reference_upto AS r ON a.feature = r.feature AND a.x >= r.x
GROUP BY ${arm}
ORDER BY ${arm}`
