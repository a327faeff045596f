/** One series that a sequential detector follows, of one model and width. */
export interface SequentialSeries {
  /** Detector, parameters and what it follows, as in column `method` of table metrics. */
  readonly rule: string
  readonly version: string
  readonly variant: string
  readonly slice: string
  readonly feature: string
  readonly baseline: string
}

/** Series in so many parts of about equal size, and which of them is meant. */
export interface SeriesPart {
  readonly parts: number
  readonly part: number
}

/** Half-open interval of window starts, epoch ms. */
export interface StartRange {
  readonly from: number
  readonly to: number
}

export const inPart =
  'cityHash64(version, variant, slice, feature, baseline) % {parts:UInt32} = {part:UInt32}'

export const startsBetween = `window_start >= toDateTime(intDiv({from:Int64}, 1000), 'UTC')
  AND window_start < toDateTime(intDiv({to:Int64}, 1000), 'UTC')`

export const startMs = 'toInt64(toUnixTimestamp(window_start)) * 1000 AS start'

export function toSeries(raw: Readonly<Record<string, unknown>>): SequentialSeries {
  return {
    rule: String(raw['rule']),
    version: String(raw['version']),
    variant: String(raw['variant']),
    slice: String(raw['slice']),
    feature: String(raw['feature']),
    baseline: String(raw['baseline']),
  }
}
