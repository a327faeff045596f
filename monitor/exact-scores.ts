import type { ModelSpec } from '../core/model-spec.ts'
import { ksExactMethod, ksExactScore } from '../detectors/drift/ks.ts'
import { rowScanMethods } from '../detectors/exact/row-methods.ts'
import type { ModelBinning } from '../store/binning.ts'
import type { Store } from '../store/client.ts'
import type { ExactSamplesInput } from '../store/queries/exact-samples.ts'
import { exactScan } from '../store/queries/exact-scan.ts'
import { sourcesOf } from '../store/queries/profile-source.ts'
import { exactKs } from '../store/queries/reference-ks.ts'
import type { Baseline } from './baselines.ts'
import { armKey } from './evaluate-windows.ts'
import type { RowScore } from './evaluate.ts'
import { comparedRevisions, isMoving, rowsForWindow, type ComparedRevision } from './references.ts'

export interface ExactScoresDeps {
  readonly store: Pick<Store, 'query'>
  /** All revisions of all baselines of a model. */
  readonly baselines: (model: string) => readonly Baseline[]
}

export interface ExactScoresAsk {
  readonly spec: ModelSpec
  readonly windowMs: number
  readonly starts: readonly number[]
  /** Method ids that somebody asks for; those that are none of the exact ones are passed over. */
  readonly methods: ReadonlySet<string>
  /** What texts and embeddings are compared with. */
  readonly references: ModelBinning['references']
}

/** Features that are compared in one query at most: its memory and its time grow with rows times features. */
const mostFeatures = 4
/** Reference rows, counted once a window and once a feature, that one query goes through. */
const valuesAtOnce = 2_000_000

/** Scores of the exact tests asked for, by `armKey`: of every number of an event, against every baseline. */
export async function exactScores(
  deps: ExactScoresDeps,
  ask: ExactScoresAsk,
): Promise<Map<string, RowScore[]>> {
  const found = new Map<string, RowScore[]>()
  const wanted = [ksExactMethod, ...rowScanMethods.map(({ method }) => method)]
  if (!wanted.some((method) => ask.methods.has(method))) return found
  const { spec } = ask
  const numeric = sourcesOf(spec, ask.references).filter(({ kind }) => kind === 'numeric')
  for (const compared of comparedRevisions(spec, deps.baselines(spec.model))) {
    const perFeature = Math.floor(valuesAtOnce / (compared.baseline.n + 1))
    const atOnce = Math.min(mostFeatures, Math.max(1, perFeature))
    for (const starts of batchesOf(ask.starts, compared.baseline)) {
      for (let i = 0; i < numeric.length; i += atOnce) {
        const features = numeric.slice(i, i + atOnce).map(({ name }) => name)
        await compare(deps.store, { ...ask, starts, features }, compared, found)
      }
    }
  }
  return found
}

/** Windows that one query compares: a moving reference is another one for each of them. */
function batchesOf(starts: readonly number[], baseline: Baseline): number[][] {
  const values = mostFeatures * (baseline.n + 1)
  const most = isMoving(baseline) ? 1 : Math.max(1, Math.floor(valuesAtOnce / values))
  return starts.flatMap((_, i) => (i % most === 0 ? [starts.slice(i, i + most)] : []))
}

async function compare(
  store: Pick<Store, 'query'>,
  ask: ExactScoresAsk & { readonly features: readonly string[] },
  { baseline, versions }: ComparedRevision,
  found: Map<string, RowScore[]>,
): Promise<void> {
  const { spec, windowMs, starts, features, methods, references } = ask
  const ranges = starts.map((from) => ({ from, to: from + windowMs }))
  const window = ranges[0]
  const reference = window === undefined ? null : rowsForWindow(spec, baseline, window)
  if (reference === null) return
  const compared = { spec, features, widthMs: windowMs, ranges }
  const input: ExactSamplesInput = { ...compared, reference, references }
  const add = (row: Arm, metric: string, score: RowScore['score'] | null): void => {
    if (score === null || !versions(row.version)) return
    const key = armKey(row.windowStart, row.version, row.variant)
    const { feature } = row
    const scores = found.get(key) ?? []
    found.set(key, [...scores, { baseline: baseline.baseline, feature, metric, score }])
  }
  if (methods.has(ksExactMethod)) {
    for (const row of await store.query(exactKs(input))) {
      const { statistic: d, nReference: n, nCurrent: m } = row
      add(row, 'ks', ksExactScore({ d, n, m }))
    }
  }
  const scanned = rowScanMethods.filter(({ method }) => methods.has(method))
  if (scanned.length === 0) return
  for (const row of await store.query(exactScan(input))) {
    for (const { metric, score } of scanned) add(row, metric, score(row))
  }
}

interface Arm {
  readonly windowStart: number
  readonly version: string
  readonly variant: string
  readonly feature: string
}
