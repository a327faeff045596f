import { total } from '../bins.ts'
import { gammaQuantile } from '../calibration/permutation-null.ts'
import { noiseLevel } from '../score.ts'
import type { PerformanceMetric } from './performance-metric.ts'

/** Labelled events whose scores fell into one interval. */
export interface ReliabilityBin {
  readonly count: number
  readonly sumScore: number
  readonly sumPositives: number
}

/**
 * Expected calibration error: the mean gap between score and outcome,
 *
 *     ECE = Σ (nᵢ / N) · | mean scoreᵢ − positive shareᵢ |
 *
 * From 0, calibrated, to 1; greater is worse. Few events a bin lift it by
 * noise: compare with `eceNoiseFloor`. Undefined without events. O(bins).
 *
 * Ref: M. P. Naeini, G. F. Cooper, M. Hauskrecht, AAAI (2015), 2901–2907.
 *
 * @example expectedCalibrationError([{ count: 10, sumScore: 8, sumPositives: 6 }]) // 0.2
 */
export function expectedCalibrationError(bins: readonly ReliabilityBin[]): number | undefined {
  const events = total(bins.map(({ count }) => count))
  if (events === 0) return undefined
  return total(bins.map((bin) => Math.abs(bin.sumScore - bin.sumPositives))) / events
}

/**
 * What the calibration error of a calibrated model stays below in 95 of 100
 * windows: labels drawn with the scores as their probabilities. The gap of a
 * bin is then about half-normal with variance at most n·p·(1 − p); a gamma
 * distribution takes mean and variance of their sum. 0 where nothing can vary.
 * O(bins).
 *
 * @example eceNoiseFloor([{ count: 100, sumScore: 50, sumPositives: 50 }]) // 0.10
 */
export function eceNoiseFloor(bins: readonly ReliabilityBin[]): number {
  let mean = 0
  let variance = 0
  for (const { count, sumScore } of bins) {
    if (count === 0) continue
    const spread = Math.max(0, sumScore * (1 - sumScore / count))
    mean += Math.sqrt((2 * spread) / Math.PI)
    variance += spread * (1 - 2 / Math.PI)
  }
  if (mean === 0) return 0
  const shape = mean ** 2 / variance
  const sum = gammaQuantile(noiseLevel, { shape, scale: variance / mean })
  return sum / total(bins.map(({ count }) => count))
}

/** Probabilities are summed in multiples of 2^-52. */
const probabilityUnit = 2 ** -52

/** The sums `reliability/10`: counts of ten bins, then their scores, then their positives. */
function reliabilityBins(sums: readonly number[]): ReliabilityBin[] {
  const bins = sums.length / 3
  return Array.from({ length: bins }, (_, i) => ({
    count: sums[i]!,
    sumScore: sums[bins + i]! * probabilityUnit,
    sumPositives: sums[2 * bins + i]!,
  }))
}

/** Expected calibration error over ten bins of equal width, each with its upper edge. */
export const ece: PerformanceMetric = {
  metric: 'ece',
  method: 'ece/10-bins',
  measure: 'reliability/10',
  compute: (sums) => {
    const bins = reliabilityBins(sums)
    const value = expectedCalibrationError(bins)
    if (value === undefined) return null
    const n = total(bins.map(({ count }) => count))
    return { value, n, noiseFloor: eceNoiseFloor(bins) }
  },
}
