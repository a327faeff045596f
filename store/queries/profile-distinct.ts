import type { ModelSpec } from '../../core/model-spec.ts'
import type { Query } from '../query.ts'
import { eventsRelation, finalSettings, sourcesOf, type TimeRange } from './profile-source.ts'

export interface DistinctValues {
  readonly version: string
  readonly variant: string
  /** Epoch ms. */
  readonly windowStart: number
  readonly feature: string
  readonly distinct: number
}

// HyperLogLog of 2^15 registers behind a set of hashes: 24 kB a feature at most, where a set of the
// values themselves grows with the events and costs ten times the scan.
const count = 'uniqCombined64(15)'

/**
 * How many different values each feature had in each window of some width: exact up to a thousand,
 * beyond with a standard error of 0.6 %, the same number in whatever order events came. It reads the
 * events themselves: different values cannot be merged from profiles.
 */
export function distinctValues(
  spec: ModelSpec,
  widthMs: number,
  ranges: readonly TimeRange[],
): Query<DistinctValues> {
  const relation = eventsRelation(spec, ranges)
  // Of what is computed of texts and embeddings the number of values says nothing.
  const sources = sourcesOf(spec).filter(({ derived }) => derived === undefined)
  const distinct = sources.map(({ expression }) => `${count}(${expression})`)
  return {
    name: 'distinct-values',
    sql: `
SELECT start, version, variant, d.1 AS feature, d.2 AS distinct_values
FROM (
  SELECT intDiv(toUnixTimestamp64Milli(ts), {width:Int64}) * {width:Int64} AS start, version, variant,
    arrayZip({names:Array(String)}, [${['toUInt64(0)', ...distinct].join(', ')}]) AS counts
  FROM ${relation.from}
  WHERE ${relation.where}
  GROUP BY start, version, variant
)
ARRAY JOIN counts AS d
WHERE feature != ''
ORDER BY start, version, variant, feature`,
    // The first entry gives the list a type and a length when a model has no feature yet.
    params: { ...relation.params, width: widthMs, names: ['', ...sources.map(({ name }) => name)] },
    settings: finalSettings,
    toRow: (raw) => ({
      version: String(raw['version']),
      variant: String(raw['variant']),
      windowStart: Number(raw['start']),
      feature: String(raw['feature']),
      distinct: Number(raw['distinct_values']),
    }),
  }
}
