import { type FeatureBinning, type FeatureProfile } from './profile.ts'
import { type Direction, type Score } from './score.ts'

/** Two profiles counted over the same frozen bins. */
export interface DriftInput {
  readonly reference: FeatureProfile
  readonly current: FeatureProfile
  readonly binning: FeatureBinning
}

/** One drift statistic under one convention: a row of the catalogue. */
export interface Detector {
  /** What monitors name, such as `psi`. Several methods may share it. */
  readonly metric: string
  /** Convention and parameters, unique in the catalogue. */
  readonly method: string
  readonly kinds: readonly FeatureBinning['kind'][]
  readonly direction: Direction
  /** Reference events below which the answer is not worth reading. */
  readonly minReference?: number
  /** One sentence for the documentation and the API. */
  readonly describe: string
  /**
   * Null where the statistic does not apply: another kind of feature, or no
   * events on one side. Never NaN. Throws `RangeError` when a profile was not
   * counted over this binning, which is a bug of the caller. Given a
   * `ProfilePair`, it shares work with other detectors that get the same one.
   */
  readonly compute: (input: DriftInput) => Score | null
}
