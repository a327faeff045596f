import { noiseLevel, type Score } from '../score.ts'
import { normalDeviate, normalSurvival } from '../special-functions/normal.ts'
import { kernelSpace, placed, squaredDistance } from './kernel-space.ts'
import { type MixedSample, rowsAt } from './mixed-sample.ts'
import { kernelWidths, squaredDistances } from './mmd.ts'
import { type Work } from './work.ts'

export const linearMmdMethod = 'mmd/rbf-median-linear'

/** Reference rows whose median distance is the kernel's width. */
const rowsForWidth = 500

/**
 * `mmd` in linear time, for more rows than its square affords: the mean of
 *
 *     h = k(x, x′) + k(y, y′) − k(x, y′) − k(x′, y)
 *
 * over consecutive pairs of rows, each row once. Its null distribution is normal
 * with the variance of h, which gives p, one-sided. It needs far more rows than
 * the quadratic form to see the same change: 10,000 of them see less than 1,000
 * do in `mmd`. Rows must be in random order. σ² as in `mmd`, from the first 500
 * reference rows. Greater is worse; `effect` is √ of the value.
 *
 * Where no pair differs in h, the chance that all have its sign stands for p.
 * Null with fewer than two pairs, or without columns. O((n + m) · columns).
 *
 * Ref: A. Gretton et al., JMLR 13 (2012), §6.
 */
export function* linearMmd(reference: MixedSample, current: MixedSample): Work<Score | null> {
  const n = reference.count
  const pairs = Math.floor(Math.min(n, current.count) / 2)
  if (pairs < 2 || reference.columns.length === 0) return null
  const space = yield* kernelSpace(reference)
  const first = rowsAt(
    reference,
    Array.from({ length: Math.min(n, rowsForWidth) }, (_, i) => i),
  )
  const near = yield* placed(space, first, rowsAt(current, []))
  const { width } = yield* kernelWidths(yield* squaredDistances(near), near.count, near.count)
  const points = yield* placed(space, reference, current)
  const k = (i: number, j: number): number => Math.exp(-squaredDistance(points, i, j) / width)
  const h = new Float64Array(pairs)
  for (let i = 0; i < pairs; i++) {
    const [x, y] = [2 * i, n + 2 * i]
    h[i] = k(x, x + 1) + k(y, y + 1) - k(x, y + 1) - k(x + 1, y)
    if (i % 512 === 511) yield
  }
  const value = h.reduce((sum, x) => sum + x, 0) / pairs
  const square = h.reduce((sum, x) => sum + (x - value) ** 2, 0) / (pairs - 1)
  const deviation = Math.sqrt(square / pairs)
  return {
    method: linearMmdMethod,
    value,
    direction: 'greater_is_worse',
    pValue: deviation > 0 ? normalSurvival(value / deviation) : value > 0 ? 2 ** -pairs : 1,
    effect: Math.sqrt(Math.max(0, value)),
    nReference: n,
    nCurrent: current.count,
    noiseFloor: normalDeviate(2 * noiseLevel) * deviation,
  }
}
