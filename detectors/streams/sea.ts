import { type RandomSource } from './random-source.ts'
import { type RowStream } from './row.ts'

/** Thresholds of the four concepts. */
const thresholds = [8, 9, 7, 9.5] as const

export interface SeaOptions {
  /** The concept. */
  readonly variant: 0 | 1 | 2 | 3
  /** Share of labels that are turned over, 0 to 1. */
  readonly noise?: number
}

/** The label of a row without noise. */
export function seaLabel(x: readonly number[], variant: SeaOptions['variant']): number {
  return x[0]! + x[1]! > thresholds[variant] ? 1 : 0
}

/**
 * SEA concepts: three features uniform in [0, 10), the last of which says
 * nothing; label 1 when the first two add up to more than 8, 9, 7 or 9.5.
 *
 * Ref: W. N. Street, Y. Kim, A streaming ensemble algorithm (SEA) for
 * large-scale classification, KDD (2001), 377–382.
 */
export function* sea({ variant, noise = 0 }: SeaOptions, random: RandomSource): RowStream {
  for (;;) {
    const x = [10 * random.next(), 10 * random.next(), 10 * random.next()]
    const y = seaLabel(x, variant)
    const flipped = noise > 0 && random.next() < noise
    yield { x, y: flipped ? 1 - y : y }
  }
}
