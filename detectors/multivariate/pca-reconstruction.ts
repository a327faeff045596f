import { EigenvalueDecomposition, Matrix } from 'ml-matrix'
import { type SampleMoments, welch } from '../drift/t.ts'
import { noiseLevel, type Score } from '../score.ts'
import { normalDeviate } from '../special-functions/normal.ts'
import { type MixedSample, rowsAt } from './mixed-sample.ts'
import { type ReferenceEncoding, referenceEncoding, standardised } from './reference-encoding.ts'
import { type Work } from './work.ts'

export const pcaReconstructionMethod = 'pca-reconstruction/nannyml-0.13'

/** Columns that are decomposed at once: the decomposition is one step, of some 20 ms for so many. */
export const mostPcaColumns = 100
/** Share of the reference's variance that the components explain, at the least. */
const explained = 0.65

/** The main directions of a reference. */
export interface Components {
  readonly encoding: ReferenceEncoding
  /** Component after component, each as long as the encoding. */
  readonly directions: Float64Array
  readonly components: number
}

/** A reference that samples are compared with. */
export interface PcaReference {
  readonly all: Components
  /** Errors of the reference's own rows, in their order, and what they come to. */
  readonly errors: Float64Array
  readonly own: SampleMoments
  /** From every other row, and the errors of those in between: what the p-value needs. */
  readonly half: Components
  readonly heldOut: SampleMoments
}

/**
 * The principal components of a sample that explain 65 % of its variance, as
 * NannyML's defaults have them. Null without a row, or a column with a value.
 * Throws `RangeError` beyond 100 columns. O(rows · columns² + columns³).
 */
export function* components(sample: MixedSample): Work<Components | null> {
  if (sample.columns.length > mostPcaColumns)
    throw new RangeError(`components takes ${mostPcaColumns} columns at most`)
  const encoding = yield* referenceEncoding(sample)
  const size = encoding.size
  if (sample.count === 0 || size === 0) return null
  const rows = yield* standardised(encoding, sample)
  const products = yield* productsOf(rows, size)
  const { realEigenvalues: variances, eigenvectorMatrix: vectors } = new EigenvalueDecomposition(
    products,
    { assumeSymmetric: true },
  )
  yield
  const order = variances.map((_, i) => i).sort((a, b) => variances[b]! - variances[a]!)
  const kept = enough(order.map((i) => Math.max(0, variances[i]!)))
  const directions = new Float64Array(kept * size)
  for (let c = 0; c < kept; c++) directions.set(vectors.getColumn(order[c]!), c * size)
  return { encoding, directions, components: kept }
}

function* productsOf(rows: Float64Array, size: number): Work<Matrix> {
  const sums = new Float64Array(size * size)
  const step = Math.ceil(500_000 / size ** 2)
  for (let row = 0, at = 0; at < rows.length; row++, at += size) {
    for (let i = 0; i < size; i++) {
      const z = rows[at + i]!
      for (let j = 0; j <= i; j++) sums[i * size + j]! += z * rows[at + j]!
    }
    if (row % step === 0) yield
  }
  const products = Matrix.zeros(size, size)
  for (let i = 0; i < size; i++)
    for (let j = 0; j <= i; j++) {
      products.set(i, j, sums[i * size + j]!)
      products.set(j, i, sums[i * size + j]!)
    }
  return products
}

/** How many of the greatest variances it takes to explain more than the share; none where nothing varies. */
function enough(variances: readonly number[]): number {
  const total = variances.reduce((sum, x) => sum + x, 0)
  if (!(total > 0)) return 0
  let sum = 0
  const within = variances.findIndex((x) => (sum += x) / total > explained)
  return within + 1
}

/** Of each row, how far it lies from what its components say of it. O(rows · columns · components). */
export function* reconstructionErrors(
  { encoding, directions, components: kept }: Components,
  sample: MixedSample,
): Work<Float64Array> {
  const size = encoding.size
  const rows = yield* standardised(encoding, sample)
  const errors = new Float64Array(sample.count)
  const step = Math.ceil(500_000 / (size * (kept + 1)))
  for (let r = 0; r < sample.count; r++) {
    const row = rows.subarray(r * size, (r + 1) * size)
    const rest = row.slice()
    for (let c = 0; c < kept; c++) {
      let score = 0
      for (let i = 0; i < size; i++) score += row[i]! * directions[c * size + i]!
      for (let i = 0; i < size; i++) rest[i]! -= score * directions[c * size + i]!
    }
    errors[r] = Math.hypot(...rest)
    if (r % step === 0) yield
  }
  return errors
}

/** What samples are compared with; null for fewer than four rows, or without a column with a value. */
export function* pcaReference(reference: MixedSample): Work<PcaReference | null> {
  if (reference.count < 4) return null
  const rows = Array.from({ length: reference.count }, (_, i) => i)
  const odd = rowsAt(
    reference,
    rows.filter((row) => row % 2 === 1),
  )
  const all = yield* components(reference)
  const half = yield* components(
    rowsAt(
      reference,
      rows.filter((row) => row % 2 === 0),
    ),
  )
  if (all === null || half === null) return null
  const errors = yield* reconstructionErrors(all, reference)
  return {
    all,
    errors,
    own: momentsOf(errors),
    half,
    heldOut: momentsOf(yield* reconstructionErrors(half, odd)),
  }
}

/**
 * PCA reconstruction error, the mean over current rows of ‖z − ẑ‖: z is a row as
 * the reference standardises it, ẑ what is left of it when only the reference's
 * main components are kept. Features that went together and no longer do raise
 * it, features that go together more closely lower it; a change along the main
 * components it does not see. In standard deviations, from 0 to √columns or so.
 *
 * The value is NannyML 0.13's to rounding. Neither way is good: NannyML takes
 * alarm on both sides of what chunks of the reference have,
 * `reconstructionVerdict`. The p-value is our own: with components from one half
 * of the reference, Welch's two-sided t-test of the current errors against those
 * of the other half, which those components have not seen either. `effect` is
 * the change in standard deviations of the reference's errors, `noiseFloor` the
 * value that 95 of 100 current samples without drift stay below.
 *
 * Null with fewer than two current rows.
 *
 * Ref: J. E. Jackson, G. S. Mudholkar, Technometrics 21 (1979), 341–349.
 */
export function* pcaReconstruction(
  { all, own, half, heldOut }: PcaReference,
  current: MixedSample,
): Work<Score | null> {
  if (current.count < 2) return null
  const { mean } = momentsOf(yield* reconstructionErrors(all, current))
  const unseen = momentsOf(yield* reconstructionErrors(half, current))
  const noise = heldOut.deviation * Math.sqrt(1 / current.count + 1 / heldOut.values)
  return {
    method: pcaReconstructionMethod,
    value: mean,
    direction: 'none',
    pValue: welch(heldOut, unseen).pValue,
    ...(own.deviation > 0 ? { effect: (mean - own.mean) / own.deviation } : {}),
    nReference: own.values,
    nCurrent: current.count,
    noiseFloor: heldOut.mean + normalDeviate(2 * noiseLevel) * noise,
  }
}

function momentsOf(errors: Float64Array): SampleMoments {
  const values = errors.length
  const mean = errors.reduce((sum, x) => sum + x, 0) / values
  const square = errors.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values
  return { values, mean, deviation: Math.sqrt(square) }
}
