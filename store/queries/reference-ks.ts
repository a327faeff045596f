import type { ModelSpec } from '../../core/model-spec.ts'
import type { FeatureReference } from '../feature-references.ts'
import type { Query } from '../query.ts'
import {
  eventsRelation,
  finalSettings,
  sourcesOf,
  type Relation,
  type TimeRange,
} from './profile-source.ts'
import { blockSettings, derivationsOf, withDerived } from './source.ts'

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

export interface ExactKsInput {
  readonly spec: ModelSpec
  /** Numeric features or pseudo-features. Memory grows with rows times features: pass a few. */
  readonly features: readonly string[]
  readonly widthMs: number
  /** Current events, in intervals aligned to the width. */
  readonly ranges: readonly TimeRange[]
  /** Rows of the reference; its bound names must differ from `from0`, `to0` … */
  readonly reference: Relation
  /** What texts and embeddings are compared with; their features need none where they are not asked for. */
  readonly references?: ReadonlyMap<string, FeatureReference>
}

/**
 * The two-sample Kolmogorov–Smirnov statistic over rows, exact under ties, for many windows and
 * some features at once; the two distributions are compared as they are, in no bins.
 *
 * Between two neighbouring current values the current distribution stands still and the reference's
 * only grows, so the greatest distance lies at a current value or just below one. Each current value
 * therefore looks up how much of the reference is at most, and less than, itself: one ASOF join.
 */
export function exactKs(input: ExactKsInput): Query<ExactKs> {
  const wanted = sourcesOf(input.spec, input.references).filter(
    ({ name, kind }) => kind === 'numeric' && input.features.includes(name),
  )
  const current = withDerived(eventsRelation(input.spec, input.ranges), wanted)
  const reference = withDerived(input.reference, wanted)
  const values = `arrayFilter(v -> v.2 IS NOT NULL, arrayZip({names:Array(String)}, [${wanted.map(({ expression }) => expression).join(', ')}]))`
  return {
    name: 'exact-ks',
    sql: statement(reference, current, values),
    params: {
      ...reference.params,
      ...current.params,
      width: input.widthMs,
      names: wanted.map(({ name }) => name),
    },
    settings: { ...finalSettings, ...blockSettings(derivationsOf(wanted)) },
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

const statement = (reference: Relation, current: Relation, values: string): string => `
WITH
  reference AS (
    SELECT feature, x, c,
      sum(c) OVER (PARTITION BY feature ORDER BY x) AS upto,
      sum(c) OVER (PARTITION BY feature) AS m
    FROM (
      SELECT v.1 AS feature, assumeNotNull(v.2) AS x, count() AS c
      FROM (SELECT ${values} AS vs FROM ${reference.from} WHERE ${reference.where})
      ARRAY JOIN vs AS v
      GROUP BY feature, x
    )
  ),
  current AS (
    SELECT start, version, variant, feature, x, c,
      sum(c) OVER (PARTITION BY start, version, variant, feature ORDER BY x) AS upto,
      sum(c) OVER (PARTITION BY start, version, variant, feature) AS n
    FROM (
      SELECT start, version, variant, v.1 AS feature, assumeNotNull(v.2) AS x, count() AS c
      FROM (
        SELECT intDiv(toUnixTimestamp64Milli(ts), {width:Int64}) * {width:Int64} AS start,
          version, variant, ${values} AS vs
        FROM ${current.from}
        WHERE ${current.where}
      )
      ARRAY JOIN vs AS v
      GROUP BY start, version, variant, feature, x
    )
  )
SELECT a.start AS start, a.version AS version, a.variant AS variant, a.feature AS feature,
  any(a.n) AS n_current, any(t.m) AS n_reference,
  max(greatest(
    abs(a.upto / a.n - r.upto / t.m),
    abs((a.upto - a.c) / a.n - (r.upto - if(r.x = a.x, r.c, 0)) / t.m)
  )) AS statistic
FROM current AS a
INNER JOIN (SELECT feature, any(m) AS m FROM reference GROUP BY feature) AS t ON a.feature = t.feature
ASOF LEFT JOIN reference AS r ON a.feature = r.feature AND a.x >= r.x
GROUP BY start, version, variant, feature
ORDER BY start, version, variant, feature`
