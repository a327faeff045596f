import { type RandomSource } from './random-source.ts'
import { type RowStream } from './row.ts'

export interface ConceptDrift {
  readonly before: RowStream
  readonly after: RowStream
  /** Number of the row, counted from 1, where both are equally likely. */
  readonly position: number
  /** Rows during which the new concept takes over; 1 is abrupt. */
  readonly width: number
}

/**
 * One stream that turns into another: row t, counted from 1, is of the new one
 * with chance 1/(1 + e^(−4(t − position)/width)). Each stream goes on where it
 * stood when it was last asked.
 *
 * Ref: A. Bifet, G. Holmes, R. Kirkby, B. Pfahringer, MOA: massive online
 * analysis, J. Machine Learning Research 11 (2010), 1601–1604.
 */
export function* conceptDrift(
  { before, after, position, width }: ConceptDrift,
  random: RandomSource,
): RowStream {
  for (let t = 1; ; t++) {
    const chance = 1 / (1 + Math.exp((-4 * (t - position)) / width))
    yield (random.next() > chance ? before : after).next().value
  }
}

/** The number of the row, counted from 0, and rows around it, where the new concept takes over. */
export function driftSpan(position: number, width: number): { start: number; end: number } {
  const half = Math.floor(width / 2)
  return { start: position - 1 - half, end: position - 1 + half }
}
