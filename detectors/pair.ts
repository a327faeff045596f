import { type BinPair, binPair } from './bins.ts'
import { type DriftInput } from './detector.ts'
import { type FeatureBinning, type FeatureProfile } from './profile.ts'

/**
 * Something that several detectors look at, and what they derive from it alike.
 * A derivation is a pure function, so nobody can tell who asked first.
 */
class Derived {
  readonly #known = new Map<unknown, unknown>()

  /** What `derive` makes of this, worked out when first asked for. */
  once<T>(derive: (of: this) => T): T {
    // Only this method fills the map, with what the function that is the key returned.
    const known = this.#known.get(derive) as T | undefined
    if (known !== undefined) return known
    const made = derive(this)
    this.#known.set(derive, made)
    return made
  }
}

/** The bins of a pair at one grain. */
export class ComparedBins extends Derived implements BinPair {
  readonly reference: readonly number[]
  readonly current: readonly number[]
  readonly n: number
  readonly m: number

  constructor({ reference, current, n, m }: BinPair) {
    super()
    this.reference = reference
    this.current = current
    this.n = n
    this.m = m
  }
}

/**
 * Two profiles to compare. Whoever asks many detectors about the same two makes
 * one of these for them, and each thing that they share is computed once.
 */
export class ProfilePair extends Derived implements DriftInput {
  readonly reference: FeatureProfile
  readonly current: FeatureProfile
  readonly binning: FeatureBinning

  constructor({ reference, current, binning }: DriftInput) {
    super()
    this.reference = reference
    this.current = current
    this.binning = binning
  }
}

/** The input itself where it is a pair already. */
export function profilePair(input: DriftInput): ProfilePair {
  return input instanceof ProfilePair ? input : new ProfilePair(input)
}

/** All fine bins in use and their counts; null when either side holds no event. */
export function fineBins(input: DriftInput): ComparedBins | null {
  return profilePair(input).once(madeFine)
}

/** The same with numbers in about ten bins. */
export function coarseBins(input: DriftInput): ComparedBins | null {
  return profilePair(input).once(madeCoarse)
}

const madeFine = (pair: ProfilePair): ComparedBins | null => compared(binPair(pair, 'fine'))
const madeCoarse = (pair: ProfilePair): ComparedBins | null => compared(binPair(pair, 'coarse'))

function compared(bins: BinPair | null): ComparedBins | null {
  return bins === null ? null : new ComparedBins(bins)
}
