import { type DriftInput } from './detector.ts'
import { type FeatureProfile, type NumericBinning } from './profile.ts'

/**
 * The same comparison with the fine bins of a number merged into the about ten
 * that PSI and JS score, so that terms a bin add up to their value and ranges
 * are wide enough to be read. Categories stay as they are. Throws RangeError
 * when the binning does not name one coarse bin for each fine bin. O(bins).
 */
export function coarseInput(input: DriftInput): DriftInput {
  const { binning } = input
  if (binning.kind === 'categorical') return input
  if (binning.coarse.length !== binning.edges.length + 1) {
    throw new RangeError('a numeric binning names one coarse bin for each fine bin')
  }
  const edges = binning.edges.filter((_, i) => binning.coarse[i] !== binning.coarse[i + 1])
  return {
    reference: merged(input.reference, binning),
    current: merged(input.current, binning),
    binning: { ...binning, edges, coarse: [0, ...edges.map((_, i) => i + 1)] },
  }
}

function merged(profile: FeatureProfile, { coarse }: NumericBinning): FeatureProfile {
  if (profile.counts.length !== coarse.length) {
    throw new RangeError(`a profile over this binning has ${coarse.length} counts`)
  }
  const counts: number[] = []
  for (const [i, count] of profile.counts.entries()) {
    if (i === 0 || coarse[i] !== coarse[i - 1]) counts.push(count)
    else counts[counts.length - 1]! += count
  }
  return { ...profile, counts }
}
