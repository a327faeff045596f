import {
  mersenneTwister,
  seededByNumber,
  seededLikePython,
  type Twister,
} from './mersenne-twister.ts'

/** Random numbers as streams draw them: the same seed, the same stream. */
export interface RandomSource {
  /** Uniform in [0, 1). */
  readonly next: () => number
  /** A whole number in [0, n), n from 1 to 2³² − 1. */
  readonly below: (n: number) => number
  /** Standard normal. */
  readonly normal: () => number
}

/** The numbers of Python's `random.Random(seed)`: `random`, `randrange` and `gauss`. */
export function pythonRandom(seed: number): RandomSource {
  const twister = mersenneTwister(seededLikePython(seed))
  return { next: twister.next, below: (n) => belowByTopBits(twister, n), normal: pairs(twister) }
}

/** `randrange(n)`: as many of the highest bits as n has, drawn again until they are below n. */
export function belowByTopBits(twister: Pick<Twister, 'next32'>, n: number): number {
  const unused = Math.clz32(n)
  for (;;) {
    const value = twister.next32() >>> unused
    if (value < n) return value
  }
}

/** `gauss`: Box and Muller's pair of cosine and sine, the second kept for the next call. */
function pairs(twister: Twister): () => number {
  let kept: number | null = null
  return () => {
    if (kept !== null) {
      const value = kept
      kept = null
      return value
    }
    const angle = twister.next() * 2 * Math.PI
    const radius = Math.sqrt(-2 * Math.log(1 - twister.next()))
    kept = Math.sin(angle) * radius
    return Math.cos(angle) * radius
  }
}

/** The numbers of NumPy's `RandomState(seed)`: `random_sample`, `randint` and `normal`. */
export function numpyRandom(seed: number): RandomSource {
  const twister = mersenneTwister(seededByNumber(seed))
  return { next: twister.next, below: (n) => belowByLowBits(twister, n), normal: polar(twister) }
}

/** `randint(n)`: the lowest bits that n − 1 needs, drawn again until they are below n. */
function belowByLowBits(twister: Twister, n: number): number {
  if (n === 1) return 0
  const mask = 0xffffffff >>> Math.clz32(n - 1)
  for (;;) {
    const value = (twister.next32() & mask) >>> 0
    if (value < n) return value
  }
}

/** Marsaglia's polar method, the second of each pair kept for the next call. */
function polar(twister: Twister): () => number {
  let kept: number | null = null
  return () => {
    if (kept !== null) {
      const value = kept
      kept = null
      return value
    }
    for (;;) {
      const x = 2 * twister.next() - 1
      const y = 2 * twister.next() - 1
      const square = x * x + y * y
      if (square >= 1 || square === 0) continue
      const factor = Math.sqrt((-2 * Math.log(square)) / square)
      kept = factor * x
      return factor * y
    }
  }
}
