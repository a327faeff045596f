import { equalParts } from '../detectors/peers/chunk-threshold.ts'
import type { PeerSample } from '../detectors/peers/peer.ts'
import type { Source } from '../store/queries/profile-source.ts'
import type { ReferenceRow, SampledRow } from '../store/queries/reference-sample.ts'
import type { Baseline } from './baselines.ts'
import {
  sampledColumns,
  type ReferenceRowSample,
  type SampledArm,
  type SampledReference,
} from './sampled-rows.ts'

/** The rows of both sides, read for some features together. */
export interface ComparedSamples {
  readonly arm: SampledArm
  readonly reference: SampledReference
  readonly sample: ReferenceRowSample
  /** The features, in the order in which the rows were asked for. */
  readonly sources: readonly Source[]
  readonly windowMs: number
}

/** The values of one feature on both sides. */
export function sampleOf({ arm, sample, sources }: ComparedSamples, source: Source): PeerSample {
  const column = columnOf(sources, source)
  return column.sample(sample.rows, arm.current.rows)
}

/** The values of one feature in each of the reference's chunks. */
export function chunksOf(
  { reference, sample, sources, windowMs }: ComparedSamples,
  source: Source,
): PeerSample['current'][] {
  const column = columnOf(sources, source)
  const chunks = chunkedRows(sample.rows, reference.baseline, windowMs)
  return chunks.map((chunk) => column.sample([], chunk).current)
}

/**
 * The rows of a reference in the chunks that a threshold is learnt from: its windows of the width
 * compared, in order; ten equally long parts where its rows have no time, as those of a file, or lie in
 * one window.
 */
export function chunkedRows<T extends Pick<ReferenceRow, 'at'>>(
  sample: readonly T[],
  { frozen }: Baseline,
  windowMs: number,
): T[][] {
  const rows = [...sample].sort((a, b) => a.at - b.at)
  const windows = new Map<number, T[]>()
  if (frozen?.kind !== 'file') {
    for (const row of rows) {
      const start = Math.floor(row.at / windowMs)
      const known = windows.get(start)
      if (known === undefined) windows.set(start, [row])
      else known.push(row)
    }
  }
  return windows.size > 1 ? [...windows.values()] : equalParts(rows)
}

interface Column {
  readonly sample: (reference: readonly SampledRow[], current: readonly SampledRow[]) => PeerSample
}

function columnOf(sources: readonly Source[], source: Source): Column {
  const { numeric, categorical } = sampledColumns(sources)
  const place = (source.kind === 'numeric' ? numeric : categorical).indexOf(source)
  const numbers = (rows: readonly SampledRow[]) => rows.map((row) => row.numbers[place])
  const texts = (rows: readonly SampledRow[]) => rows.map((row) => row.texts[place])
  return {
    sample: (reference, current) =>
      source.kind === 'numeric'
        ? { kind: 'numeric', reference: numbers(reference), current: numbers(current) }
        : { kind: 'categorical', reference: texts(reference), current: texts(current) },
  }
}
