import type { Clock } from '../core/clock.ts'
import { coder, type FeatureEncoding } from '../detectors/outliers/encoding.ts'
import type { EventColumns, FeatureCells } from './event-columns.ts'
import { OutlierColumns } from './outlier-columns.ts'
import type { ActiveScorer } from './outlier-scorers.ts'
import { readingTime } from './reading-time.ts'

/** Features that are named for an outlier. */
const mostNamed = 5

/**
 * Scores the finished rows of a batch, a row at a time through one buffer: nothing is made for an
 * event but what an outlier has to say. Others have the event loop now and then.
 */
export async function scoreOutliers(
  columns: EventColumns,
  { scorer, threshold, revision }: ActiveScorer,
  clock: Pick<Clock, 'monotonic'>,
): Promise<void> {
  const outliers = new OutlierColumns(revision)
  const sources = scorer.features.map((encoding) =>
    readable(encoding, columns.features.get(encoding.name), columns.rows),
  )
  const row = new Float64Array(sources.length)
  const pause = readingTime(clock)
  for (let r = 0; r < columns.rows; r++) {
    fill(row, sources, r)
    const score = scorer.score(row)
    outliers.score.set(r, score)
    if (score >= threshold) {
      for (const [feature, share] of scorer.explain(row, mostNamed))
        outliers.features.append(r, feature, share)
    }
    const others = pause()
    if (others !== null) await others
  }
  columns.outliers = outliers
}

/** Encoded values of one feature: numbers a row, or places in a table of codes, the first for none. */
interface Readable {
  readonly numbers: Float64Array | null
  readonly places: Int32Array | null
  readonly codes: Float64Array
}

/** A feature that has become another type, or is gone, is missing. */
function readable(
  encoding: FeatureEncoding,
  cells: FeatureCells | undefined,
  rows: number,
): Readable {
  if (encoding.kind === 'numeric') {
    const numbers = cells?.kind === 'numeric' ? cells.cells.read(rows) : null
    return { numbers, places: null, codes: missingNumber }
  }
  const code = coder(encoding)
  if (cells?.kind !== 'categorical' && cells?.kind !== 'boolean')
    return { numbers: null, places: null, codes: Float64Array.of(code(null)) }
  const { codes: places, values } = cells.cells.read(rows)
  return { numbers: null, places, codes: Float64Array.from([code(null), ...values.map(code)]) }
}

const missingNumber = Float64Array.of(NaN)

function fill(row: Float64Array, sources: readonly Readable[], r: number): void {
  // By index: entries would be made anew for each event.
  for (let i = 0; i < row.length; i++) {
    const source = sources[i]
    if (source === undefined) continue
    const { numbers, places, codes } = source
    const value = numbers === null ? codes[places === null ? 0 : (places[r] ?? -1) + 1] : numbers[r]
    row[i] = value ?? NaN
  }
}
