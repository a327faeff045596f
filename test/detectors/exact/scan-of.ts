import { pooledSteps } from '../../../detectors/exact/pooled-steps.ts'
import type { RowScan } from '../../../detectors/exact/row-scan.ts'

/** What the store's walk over two samples must say, by the definitions and one value after the other. */
export function scanOf(reference: readonly number[], current: readonly number[]): RowScan {
  const [n, m] = [reference.length, current.length]
  const all = n + m
  const steps = pooledSteps(reference, current)
  const [low, high] = [steps[0]?.value ?? NaN, steps.at(-1)?.value ?? NaN]
  const half = steps.find((step) => 2 * (step.upToReference + step.upToCurrent) >= all)
  const pivot = half?.value ?? NaN
  const halfRange = high / 2 - low / 2
  const sums = {
    u: 0,
    squaredGaps: 0,
    cubes: 0,
    squares: 0,
    weightedGaps: 0,
    area: 0,
    squaredArea: 0,
  }
  const stretches = new Map<number, { from: number; least: number; greatest: number }>()
  let before = 0
  steps.forEach(({ value, inReference, inCurrent, upToReference, upToCurrent }, i) => {
    const tied = inReference + inCurrent
    const middle = before + tied / 2
    const height = (before + tied) / all
    sums.u += inReference * (upToCurrent - inCurrent / 2)
    sums.cubes += (tied / all) ** 3
    const rank = before + (tied + 1) / 2
    for (let k = 0; k < inReference; k++) sums.squares += n * (rank - upToReference + k) ** 2
    for (let k = 0; k < inCurrent; k++) sums.squares += m * (rank - upToCurrent + k) ** 2
    const spread = middle * (all - middle) - (all * tied) / 4
    const term = (upTo: number, own: number, size: number) =>
      (all * (upTo - own / 2) - middle * size) ** 2 / size
    if (tied < all) {
      const both = term(upToReference, inReference, n) + term(upToCurrent, inCurrent, m)
      sums.weightedGaps += (tied / all / spread) * both
    }
    const gap = Math.abs(upToReference / n - upToCurrent / m)
    const share = (x: number) => (halfRange === 0 ? 0 : (x / 2 - low / 2) / halfRange)
    const way = share(steps[i + 1]?.value ?? value) - share(value)
    sums.squaredGaps += (gap * gap * tied) / all
    sums.area += gap * way
    sums.squaredArea += gap * gap * way
    if (height < 1) {
      const key = Math.round(6 * Math.log(height / (1 - height)))
      const known = stretches.get(key) ?? { from: share(value), least: height, greatest: height }
      stretches.set(key, { ...known, greatest: height })
    }
    before += tied
  })
  const moments = (values: readonly number[]) => {
    const off = (x: number) => (halfRange === 0 ? 0 : (x / 2 - pivot / 2) / halfRange)
    const mean = values.reduce((sum, x) => sum + off(x), 0) / values.length
    const square = values.reduce((sum, x) => sum + (off(x) - mean) ** 2, 0) / values.length
    return { mean: 2 * (pivot / 2 + halfRange * mean), deviation: Math.sqrt(square) }
  }
  return {
    n,
    m,
    steps: steps.length,
    halfRange,
    reference: moments(reference),
    current: moments(current),
    u: sums.u,
    untied: 1 - sums.cubes,
    rankSquares: sums.squares,
    weightedGaps: (sums.weightedGaps * (all - 1)) / all,
    squaredGaps: sums.squaredGaps,
    area: sums.area,
    squaredArea: sums.squaredArea,
    stretches: [...stretches].sort(([a], [b]) => a - b).map(([, stretch]) => stretch),
  }
}
