import type { ModelSpec } from '../core/model-spec.ts'
import type { MultivariateSettings } from '../core/multivariate-schema.ts'
import type { ModelBinning } from '../store/binning.ts'
import type { Baseline } from './baselines.ts'
import { armKey } from './evaluate-windows.ts'
import type { RowScore } from './evaluate.ts'
import { comparedColumns, mixedSample, type ComparedColumns } from './multivariate-columns.ts'
import { compareRows, type KnownReference } from './multivariate-comparison.ts'
import { chunkedRows } from './peer-samples.ts'
import { sampledArms, type ReferenceRowSample, type SampledRowsDeps } from './sampled-rows.ts'
import { inTimeSlices } from './time-slices.ts'

export interface MultivariateAsk {
  readonly spec: ModelSpec
  readonly windowMs: number
  readonly starts: readonly number[]
  /** What texts and embeddings are compared with. */
  readonly references: ModelBinning['references']
}

/** Values of a sample at most: what is read is parsed in one go, and held while it is compared. */
const mostCells = 300_000

/**
 * What comparisons of whole rows say of some windows, by `armKey`: of every entry of `multivariate`
 * that is for windows of this width, against every baseline it is for. Over samples that the stored
 * rows determine, with random draws that names and the window determine: the same rows, the same
 * numbers. What is learnt of a reference is kept for the windows at hand.
 */
export async function multivariateScores(
  deps: SampledRowsDeps,
  ask: MultivariateAsk,
): Promise<Map<string, RowScore[]>> {
  const found = new Map<string, RowScore[]>()
  for (const entry of ask.spec.multivariate) {
    if (!entry.widthsMs.includes(ask.windowMs)) continue
    for (const columns of comparedColumns(ask.spec, entry, ask.references))
      await compareArms(deps, ask, { entry, columns }, found)
  }
  return found
}

interface Compared {
  readonly entry: MultivariateSettings
  readonly columns: ComparedColumns
}

async function compareArms(
  deps: SampledRowsDeps,
  { spec, windowMs, starts }: MultivariateAsk,
  { entry, columns }: Compared,
  found: Map<string, RowScore[]>,
): Promise<void> {
  const { sources } = columns
  const limit = Math.max(100, Math.min(entry.sample, Math.floor(mostCells / sources.length)))
  const known = new WeakMap<ReferenceRowSample, KnownReference>()
  const referenceOf = (rows: ReferenceRowSample, baseline: Baseline): KnownReference => {
    const reference = known.get(rows) ?? {
      sample: mixedSample(columns, rows.rows),
      chunks: () => chunkedPlaces(rows, baseline, windowMs),
    }
    known.set(rows, reference)
    return reference
  }
  for await (const arm of sampledArms(deps, { spec, windowMs, starts, sources, limit })) {
    const key = armKey(arm.windowStart, arm.version, arm.variant)
    const current = mixedSample(columns, arm.current.rows)
    for (const { baseline, sample } of arm.references) {
      const name = baseline.baseline
      if (entry.baseline !== null && entry.baseline !== name) continue
      const seed = seedOf([entry.method, columns.feature, name, key])
      const reference = referenceOf(await sample(), baseline)
      const comparison = { method: entry.method, reference, current, seed }
      const scores = await inTimeSlices(compareRows(comparison, columns.feature))
      const rows = scores.map((score) => ({ ...score, baseline: name }))
      found.set(key, [...(found.get(key) ?? []), ...rows])
    }
  }
}

/** Where the rows of each chunk stand in the sample. */
function chunkedPlaces(
  { rows }: ReferenceRowSample,
  baseline: Baseline,
  windowMs: number,
): number[][] {
  const placed = rows.map(({ at }, place) => ({ at, place }))
  return chunkedRows(placed, baseline, windowMs).map((chunk) => chunk.map(({ place }) => place))
}

/** FNV-1a of names: every comparison has draws of its own, the same ones every time. */
function seedOf(names: readonly string[]): number {
  let hash = 0x811c9dc5
  for (const byte of Buffer.from(JSON.stringify(names)))
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0
  return hash
}
