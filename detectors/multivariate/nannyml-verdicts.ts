import { domainClassifierMethod } from './domain-classifier.ts'
import { pcaReconstructionMethod } from './pca-reconstruction.ts'

/** What NannyML says of a comparison, and by which of its limits. */
export interface LimitVerdict {
  readonly drifted: boolean
  /** The limit that was crossed, else the upper one. */
  readonly limit: number
}

/** The methods whose value NannyML judges. */
export const judgedMethods: readonly string[] = [pcaReconstructionMethod, domainClassifierMethod]

/** Bounds of PCA reconstruction errors; `lower` is null where there is none. */
export interface ReconstructionLimits {
  readonly lower: number | null
  readonly upper: number
}

/**
 * NannyML's limits from the reconstruction errors of the reference's chunks: mean
 * ∓ 3 population standard deviations, and no lower one where it would not lie
 * above 0. Null without a chunk.
 *
 * @example reconstructionLimits([1, 2, 3]).upper // 4.4495
 */
export function reconstructionLimits(chunks: readonly number[]): ReconstructionLimits | null {
  if (chunks.length === 0) return null
  const mean = chunks.reduce((sum, x) => sum + x, 0) / chunks.length
  const square = chunks.reduce((sum, x) => sum + (x - mean) ** 2, 0) / chunks.length
  const [lower, upper] = [mean - 3 * Math.sqrt(square), mean + 3 * Math.sqrt(square)]
  return { lower: lower <= 0 ? null : lower, upper }
}

/**
 * NannyML's verdict on a reconstruction error: drift beyond either limit, and at
 * it too, unlike in its other methods.
 *
 * @example Number(reconstructionVerdict(6, { lower: 1, upper: 6 }).drifted) // 1
 */
export function reconstructionVerdict(
  value: number,
  { lower, upper }: ReconstructionLimits,
): LimitVerdict {
  if (lower !== null && value <= lower) return { drifted: true, limit: lower }
  return { drifted: value >= upper, limit: upper }
}

/** The mean reconstruction error of each chunk: the places of its rows among the errors of all. */
export const chunkErrors = (
  errors: Float64Array,
  chunks: readonly (readonly number[])[],
): number[] =>
  chunks
    .filter((places) => places.length > 0)
    .map((places) => places.reduce((sum, place) => sum + errors[place]!, 0) / places.length)

const lowerAuc = 0.45
const upperAuc = 0.65

/**
 * NannyML's verdict on the AUC of a domain classifier: drift above 0.65, and
 * below 0.45. Its limits learn nothing from the reference; small windows cross
 * either by chance.
 *
 * @example Number(classifierVerdict(0.65).drifted) // 0
 */
export function classifierVerdict(auc: number): LimitVerdict {
  return auc < lowerAuc
    ? { drifted: true, limit: lowerAuc }
    : { drifted: auc > upperAuc, limit: upperAuc }
}
