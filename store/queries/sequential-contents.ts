import type { Query } from '../query.ts'
import {
  inPart,
  startMs,
  startsBetween,
  toSeries,
  type SequentialSeries,
  type SeriesPart,
  type StartRange,
} from './sequential-series.ts'

/** What is stored of one window of a series. */
export interface SequentialContent extends SequentialSeries {
  /** Epoch ms. */
  readonly start: number
  /** Unsigned, below 2^53. */
  readonly content: number
  readonly revision: number
}

export interface SequentialTime {
  readonly model: string
  /** Width by name. */
  readonly window: string
  readonly rules: readonly string[]
}

/** What the stored states of some windows were made of. */
export function sequentialContents(
  time: SequentialTime,
  range: StartRange,
  part: SeriesPart,
): Query<SequentialContent> {
  return {
    name: 'sequential-contents',
    sql: `
SELECT rule, version, variant, slice, feature, baseline, ${startMs}, content, revision
FROM sequential_states FINAL
WHERE model = {model:String} AND window = {window:String} AND has({rules:Array(String)}, rule)
  AND ${startsBetween}
  AND ${inPart}`,
    params: { ...time, ...range, ...part },
    toRow: (raw) => ({
      ...toSeries(raw),
      start: Number(raw['start']),
      content: Number(raw['content']),
      revision: Number(raw['revision']),
    }),
  }
}
