import type { ModelSpec } from '../../core/model-spec.ts'
import type { ModelBinning } from '../binning.ts'
import type { Query } from '../query.ts'
import { boundaryMargin, confidenceColumns, type OutlierCountsInput } from './outlier-counts.ts'
import { eventsRelation, finalSettings, numberLiteral, sourcesOf } from './profile-source.ts'

/** What the sender of most such events in a window sent; the same sender need not have most of both. */
export interface BurstCounts {
  readonly version: string
  readonly variant: string
  readonly windowStart: number
  readonly events: number
  /** Events next to the boundary of the sender that has most of them. */
  readonly boundary: number
  /** Events that are near-duplicates of others, of the sender that has most of them. */
  readonly duplicates: number
}

/**
 * The greatest bursts of single senders in some windows. Two inputs are near-duplicates when each
 * numeric feature lies in the same 64th of the reference's range, and each category is the same.
 */
export function burstCounts(
  { spec, windowMs, ranges }: Pick<OutlierCountsInput, 'spec' | 'windowMs' | 'ranges'>,
  { sender, binning }: { readonly sender: string; readonly binning: ModelBinning },
): Query<BurstCounts> {
  const relation = eventsRelation(spec, ranges)
  const keys = 'start, version, variant'
  return {
    name: 'outlier-bursts',
    sql: `
SELECT ${keys}, sum(n) AS events, maxIf(near, sent_by != '') AS boundary, maxIf(n - inputs, sent_by != '') AS duplicates
FROM (
  SELECT ${keys}, sent_by, count() AS n, countIf(margin <= ${boundaryMargin}) AS near, uniqExact(input) AS inputs
  FROM (
    SELECT intDiv(toUnixTimestamp64Milli(ts), {width:Int64}) * {width:Int64} AS start, version, variant,
      toString(tags[{sender:String}]) AS sent_by, cityHash64(${['0', ...inputCells(spec, binning)].join(', ')}) AS input, ${confidenceColumns(spec)}
    FROM ${relation.from}
    WHERE ${relation.where}
  )
  GROUP BY ${keys}, sent_by
)
GROUP BY ${keys}
ORDER BY ${keys}`,
    params: { ...relation.params, width: windowMs, sender },
    settings: finalSettings,
    toRow: (raw) => ({
      version: String(raw['version']),
      variant: String(raw['variant']),
      windowStart: Number(raw['start']),
      events: Number(raw['events']),
      boundary: Number(raw['boundary']),
      duplicates: Number(raw['duplicates']),
    }),
  }
}

/** Of each feature what near-duplicates share. */
function inputCells(spec: ModelSpec, binning: ModelBinning): string[] {
  const features = sourcesOf(spec).filter(({ name }) => spec.features.has(name))
  return features.map(({ name, kind, expression }) => {
    if (kind === 'categorical') return `ifNull(toString(${expression}), '\\0')`
    const bins = binning.features.get(name)
    const width = bins?.kind === 'numeric' ? bins.high / cells - bins.low / cells : 0
    // Without a range, a value is like itself alone; + 0. makes −0 a plain 0.
    const cell =
      width > 0 && Number.isFinite(width)
        ? `floor(${expression} / ${numberLiteral(width)})`
        : expression
    return `ifNull(${cell} + 0., nan)`
  })
}

const cells = 64
