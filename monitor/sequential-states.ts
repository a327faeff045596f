import type { State } from '../detectors/sequential/detector.ts'
import type { Store } from '../store/client.ts'
import type { SequentialTime } from '../store/queries/sequential-contents.ts'
import type { SequentialSeries, SeriesPart } from '../store/queries/sequential-series.ts'
import { sequentialStatesBefore } from '../store/queries/sequential-states-before.ts'
import type { SeriesState } from './sequential-fold.ts'

export const seriesKey = (of: SequentialSeries): string =>
  JSON.stringify([of.rule, of.version, of.variant, of.slice, of.feature, of.baseline])

/** Windows back in which a state is looked for: nearly always the last one has it. */
const lookBack = [1, 32, Infinity] as const

/**
 * The states before a window of those series that `states` does not have yet. A series without a stored
 * state begins: it is not among them.
 */
export async function loadStates(
  store: Pick<Store, 'query'>,
  { before, windowMs, ...time }: SequentialTime & { before: number; windowMs: number },
  part: SeriesPart,
  wanted: ReadonlyMap<string, SequentialSeries>,
): Promise<Map<string, SeriesState>> {
  const found = new Map<string, SeriesState>()
  for (const back of lookBack) {
    const missing = [...wanted].filter(([key]) => !found.has(key)).map(([, series]) => series)
    if (missing.length === 0) break
    const range = { from: Math.max(0, before - back * windowMs), to: before }
    const of = back === lookBack[0] ? null : missing
    for (const row of await store.query(sequentialStatesBefore(time, range, part, of))) {
      const key = seriesKey(row)
      if (wanted.has(key)) found.set(key, { state: JSON.parse(row.state) as State, n: row.n })
    }
  }
  return found
}
