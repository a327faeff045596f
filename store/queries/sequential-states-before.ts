import type { Query } from '../query.ts'
import type { SequentialTime } from './sequential-contents.ts'
import {
  inPart,
  startsBetween,
  toSeries,
  type SequentialSeries,
  type SeriesPart,
  type StartRange,
} from './sequential-series.ts'

export interface StoredState extends SequentialSeries {
  /** JSON. */
  readonly state: string
  /** Values read so far. */
  readonly n: number
}

const key = 'rule, version, variant, slice, feature, baseline'

/**
 * The last state of each series within some windows. `series`: of these only; null for all. States are long
 * and their keys are short: which one is the last is found before any is read.
 */
export function sequentialStatesBefore(
  time: SequentialTime,
  range: StartRange,
  part: SeriesPart,
  series: readonly SequentialSeries[] | null,
): Query<StoredState> {
  const condition = `model = {model:String} AND window = {window:String} AND has({rules:Array(String)}, rule)
  AND ${startsBetween}
  AND ${inPart}${series === null ? '' : `\n  AND (${key}) IN (SELECT arrayJoin(arrayZip(${columns.map((c) => `{${c}s:Array(String)}`).join(', ')})))`}`
  return {
    name: 'sequential-states-before',
    sql: `
SELECT ${key}, state, n
FROM sequential_states FINAL
WHERE (${key}, window_start) IN (
    SELECT ${key}, max(window_start)
    FROM sequential_states
    WHERE ${condition}
    GROUP BY ${key}
  )
  AND ${condition}`,
    params: {
      ...time,
      ...range,
      ...part,
      ...Object.fromEntries(
        series === null ? [] : columns.map((c) => [`${c}s`, series.map((one) => one[c])]),
      ),
    },
    toRow: (raw) => ({ ...toSeries(raw), state: String(raw['state']), n: Number(raw['n']) }),
  }
}

const columns = ['rule', 'version', 'variant', 'slice', 'feature', 'baseline'] as const
