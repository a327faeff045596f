import { tables } from '../core/stored-names.ts'
import { from, seconds, specs, theseArms, thisBaseline, thisModel } from './sql.ts'

interface Which {
  /** Conditions on columns `feature` and `slice`. */
  readonly feature: string
  readonly slice: string
}

/** What could not be counted as a value comes first: bins of it are drift as well. */
const counted = `arrayConcat([missing, invalid, type_mismatch, unseen], counts) AS counted`

/**
 * Counts of both sides: a frozen baseline as it was stored; a trailing one as the time before the
 * range, a version's as its events in the range.
 */
const sides = ({ feature, slice }: Which): string => `
  SELECT 1 AS side, ${counted}
  FROM ${from(tables.profiles)} FINAL
  WHERE ${thisModel} AND ${feature} AND ${slice} AND ${theseArms} AND $__timeFilter(window_start)
  UNION ALL
  SELECT 0, ${counted}
  FROM ${from(tables.baselineProfiles)} FINAL
  WHERE ${thisModel} AND ${feature} AND ${slice} AND ${thisBaseline} AND revision = (
    SELECT max(revision)
    FROM ${from(tables.baselines)}
    WHERE ${thisModel} AND ${thisBaseline} AND status = 'ready' AND version = ''
  )
  UNION ALL
  SELECT 0, ${counted}
  FROM (
    SELECT * FROM ${from(tables.profiles)} FINAL
    WHERE ${thisModel} AND ${feature} AND ${slice} AND window_start <= $__toTime
  ) AS moving
  CROSS JOIN (
    SELECT JSONExtractString(spec, 'file', 'baselines', \${baseline:singlequote}, 'trailing') AS trailing,
      JSONExtractString(spec, 'file', 'baselines', \${baseline:singlequote}, 'version') AS against
    FROM ${specs}
    WHERE ${thisModel}
  ) AS declared
  WHERE (trailing != '' AND window_start < $__fromTime
      AND window_start >= $__fromTime - toIntervalSecond(${seconds('trailing')}))
    OR (against != '' AND version = against AND $__timeFilter(window_start))`

/**
 * The frozen bins of one feature with how many events of reference and of the range fall into each:
 * place, group (of about ten, which PSI is computed on), ends of a range or name of a category.
 */
export const histogram = (which: Which): string => `(
  SELECT kind, bin,
    multiIf(bin <= 0, ['(missing)', '(invalid)', '(type mismatch)', '(unseen)'][bin + 4],
      kind = 'numeric', '', bin <= length(categories), categories[bin], '(other)') AS name,
    if(bin > 0 AND kind = 'numeric', coarse[bin], bin * 1000) AS bin_group,
    if(kind = 'numeric' AND bin > 1, edges[bin - 1], NULL) AS low,
    if(kind = 'numeric' AND bin > 0 AND bin <= length(edges), edges[bin], NULL) AS high,
    references[bin + 4] AS reference, currents[bin + 4] AS current
  FROM (
    SELECT *, arrayJoin(range(-3, toInt64(greatest(length(references), length(currents))) - 3)) AS bin
    FROM (
      SELECT kind, JSONExtract(definition, 'edges', 'Array(Float64)') AS edges,
        JSONExtract(definition, 'coarse', 'Array(Int64)') AS coarse,
        JSONExtract(definition, 'categories', 'Array(String)') AS categories
      FROM ${from(tables.binnings)} FINAL
      WHERE ${thisModel} AND ${which.feature} AND kind != 'slice'
      ORDER BY binning DESC
      LIMIT 1
    ) AS bins
    CROSS JOIN (
      SELECT sumForEachIf(counted, side = 0) AS references, sumForEachIf(counted, side = 1) AS currents
      FROM (${sides(which)}
      )
    ) AS sums
  )
  WHERE reference + current > 0
)`

/** Ends of a range of numbers, or the name of a category. */
export const binName = (low: string, high: string, name: string): string =>
  `multiIf(${name} != '', ${name}, ${low} IS NULL, concat('< ', toString(toFloat32(${high}))), ${high} IS NULL, concat('≥ ', toString(toFloat32(${low}))), concat(toString(toFloat32(${low})), ' … ', toString(toFloat32(${high}))))`

/** Shares of both sides, a row a bin: ranges in their order, categories by how common they are. */
export const histogramShares = (which: Which): string => `
SELECT ${binName('low', 'high', 'name')} AS bin_name, reference / sum(reference) OVER () AS reference_share,
  current / sum(current) OVER () AS current_share
FROM ${histogram(which)}
ORDER BY bin <= 0, if(kind = 'numeric', bin, 0), toFloat64(reference) + current DESC
LIMIT 70`
