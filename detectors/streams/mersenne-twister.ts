/** Plain JSON: 624 words of 32 bits, and how many of them are used up. */
export interface TwisterState {
  readonly key: readonly number[]
  readonly position: number
}

const size = 624
const shift = 397

/**
 * MT19937, bit for bit: 32 random bits a call. The state it started from is
 * never changed; `state()` is where it stands, and going on from there gives
 * the same numbers.
 *
 * Period 2^19937 − 1; not for secrets. O(1) a number.
 *
 * Ref: M. Matsumoto, T. Nishimura, Mersenne twister, ACM Trans. Modeling and
 * Computer Simulation 8 (1998), 3–30.
 *
 * @example mersenneTwister(seededByNumber(5489)).next32() // 3499211612
 */
export function mersenneTwister(from: TwisterState): Twister {
  let { key, position } = from
  const next32 = (): number => {
    if (position >= size) {
      key = twisted(key)
      position = 0
    }
    let y = key[position++]!
    y ^= y >>> 11
    y ^= (y << 7) & 0x9d2c5680
    y ^= (y << 15) & 0xefc60000
    return (y ^ (y >>> 18)) >>> 0
  }
  return {
    next32,
    next: () => {
      const high = next32() >>> 5
      return (high * 0x4000000 + (next32() >>> 6)) / 0x20000000000000
    },
    state: () => ({ key, position }),
  }
}

export interface Twister {
  /** A whole number in [0, 2³²). */
  readonly next32: () => number
  /** Uniform in [0, 1) with 53 bits, of two numbers. */
  readonly next: () => number
  readonly state: () => TwisterState
}

function twisted(key: readonly number[]): number[] {
  const words = [...key]
  for (let i = 0; i < size; i++) {
    const y = (words[i]! & 0x80000000) | (words[(i + 1) % size]! & 0x7fffffff)
    const mixed = words[(i + shift) % size]! ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0)
    words[i] = mixed >>> 0
  }
  return words
}

/** `init_genrand`, the seeding of NumPy's `RandomState(seed)`: a whole number in [0, 2³²). */
export function seededByNumber(seed: number): TwisterState {
  if (!Number.isInteger(seed) || seed < 0 || seed > 0xffffffff) {
    throw new RangeError('seededByNumber requires a whole number of 32 bits')
  }
  const key = [seed >>> 0]
  for (let i = 1; i < size; i++) {
    const last = key[i - 1]! ^ (key[i - 1]! >>> 30)
    key.push((Math.imul(1812433253, last) + i) >>> 0)
  }
  return { key, position: size }
}

/** `init_by_array`: the seeding of words of 32 bits, at least one. */
export function seededByArray(seed: readonly number[]): TwisterState {
  if (seed.length === 0) throw new RangeError('seededByArray requires at least one word')
  const key = [...seededByNumber(19650218).key]
  let i = 1
  const mixed = (factor: number): number =>
    key[i]! ^ Math.imul(key[i - 1]! ^ (key[i - 1]! >>> 30), factor)
  const advance = (): void => {
    i++
    if (i < size) return
    key[0] = key[size - 1]!
    i = 1
  }
  for (let k = 0; k < Math.max(size, seed.length); k++) {
    const j = k % seed.length
    key[i] = (mixed(1664525) + seed[j]! + j) >>> 0
    advance()
  }
  for (let k = 1; k < size; k++) {
    key[i] = (mixed(1566083941) - i) >>> 0
    advance()
  }
  key[0] = 0x80000000
  return { key, position: size }
}

/** The seeding of Python's `random.seed(seed)`: any whole number that a double holds exactly. */
export function seededLikePython(seed: number): TwisterState {
  if (!Number.isSafeInteger(seed)) {
    throw new RangeError('seededLikePython requires a whole number')
  }
  const size = Math.abs(seed)
  const high = Math.floor(size / 0x100000000)
  const low = size >>> 0
  return seededByArray(high === 0 ? [low] : [low, high])
}
