import { type RandomSource } from './random-source.ts'
import { type RowStream } from './row.ts'

/** The seven segments of each digit: top, upper left, upper right, middle, … */
const segments: readonly (readonly number[])[] = [
  0b1110111, 0b0010010, 0b1011101, 0b1011011, 0b0111010, 0b1101011, 0b1101111, 0b1010010, 0b1111111,
  0b1111011,
].map((digit) => [6, 5, 4, 3, 2, 1, 0].map((place) => (digit >> place) & 1))

const relevant = 7
const irrelevantCount = 17

export interface LedOptions {
  /** Chance that a segment is turned over, less 0.01: so it is in the stream's first publication as code. */
  readonly noise?: number
  /** Whether seventeen random bits follow. */
  readonly irrelevant?: boolean
  /** Segments that changed places with random bits; needs `irrelevant`. */
  readonly swapped?: number
}

/** The digit whose segments differ least from the first seven features; the least of several. */
export function ledLabel(x: readonly number[]): number {
  let best = 0
  let least = Infinity
  for (const [digit, lit] of segments.entries()) {
    const distance = lit.filter((on, i) => on !== x[i]).length
    if (distance < least) [best, least] = [digit, distance]
  }
  return best
}

/**
 * LED display: a digit by seven segments, each wrong with some chance; the best
 * classifier is right in 74 % at 10 %. Drift is segments that change places
 * with bits that say nothing.
 *
 * Ref: L. Breiman, J. Friedman, R. Olshen, C. Stone, Classification and
 * regression trees (1984), 43–49.
 */
export function* led(options: LedOptions, random: RandomSource): RowStream {
  const { noise = 0, irrelevant = false, swapped = 0 } = options
  const length = irrelevant ? relevant + irrelevantCount : relevant
  const places = irrelevant && swapped > 0 ? swappedPlaces(swapped, random) : inOrder(length)
  for (;;) {
    const x = inOrder(length).map(() => 0)
    const y = random.below(segments.length)
    for (const [i, on] of segments[y]!.entries()) {
      x[places[i]!] = 0.01 + random.next() <= noise ? 1 - on : on
    }
    for (let i = relevant; i < length; i++) x[places[i]!] = random.below(2)
    yield { x, y }
  }
}

const inOrder = (length: number): number[] => Array.from({ length }, (_, i) => i)

function swappedPlaces(swapped: number, random: RandomSource): number[] {
  const places = inOrder(relevant + irrelevantCount)
  const first = random.below(relevant)
  const offset = random.below(irrelevantCount)
  for (let i = 0; i < swapped; i++) {
    const segment = (i + first) % relevant
    const bit = relevant + ((i + offset) % irrelevantCount)
    places[segment] = bit
    places[bit] = segment
  }
  return places
}
