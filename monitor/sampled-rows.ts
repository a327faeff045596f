import type { ModelSpec } from '../core/model-spec.ts'
import type { Store } from '../store/client.ts'
import { relationSize } from '../store/queries/baseline-extent.ts'
import type { Source, TimeRange } from '../store/queries/profile-source.ts'
import {
  referenceSample,
  type ReferenceRow,
  type SampledColumns,
  type SampledRow,
} from '../store/queries/reference-sample.ts'
import { windowSample } from '../store/queries/window-sample.ts'
import type { Baseline } from './baselines.ts'
import { baselineFor, isMoving, rowsForWindow } from './references.ts'

export interface SampledRowsDeps {
  readonly store: Pick<Store, 'query'>
  /** All revisions of all baselines of a model. */
  readonly baselines: (model: string) => readonly Baseline[]
}

export interface SampledRowsAsk {
  readonly spec: ModelSpec
  readonly windowMs: number
  /** Epoch ms, ascending. */
  readonly starts: readonly number[]
  /** The columns to read. */
  readonly sources: readonly Source[]
  /** Most rows of a side. */
  readonly limit: number
}

export interface RowSample {
  /** How many rows it was drawn from: more than there are rows where it is a sample. */
  readonly total: number
  /** `numbers` and `texts` in the order of `sampledColumns`. */
  readonly rows: readonly SampledRow[]
}

export interface ReferenceRowSample extends RowSample {
  readonly rows: readonly ReferenceRow[]
}

export interface SampledReference {
  readonly baseline: Baseline
  /** Read when first asked for, once for all windows where the baseline stands still. Without rows where there are none. */
  readonly sample: () => Promise<ReferenceRowSample>
}

/** One arm of a rollout in one window, and what it is compared with. */
export interface SampledArm {
  readonly windowStart: number
  readonly version: string
  readonly variant: string
  readonly current: RowSample
  /** One a baseline that is ready, in declared order; none of a version compared with itself. */
  readonly references: readonly SampledReference[]
}

// Any number will do, as long as the same rows give the same sample.
const seed = 20_261_121
/** Cells of samples that are in memory together. */
const cellsAtOnce = 1_000_000

/** Where the values of a sample stand: each source's place is that among its kind. */
export const sampledColumns = (sources: readonly Source[]): SampledColumns => ({
  numeric: sources.filter(({ kind }) => kind === 'numeric'),
  categorical: sources.filter(({ kind }) => kind === 'categorical'),
})

/**
 * Bounded samples of stored rows for windows of one width: each arm with its current rows and the rows
 * of every baseline, files, fixed ranges, trailing and other versions alike. The same stored rows give
 * the same samples. Read a few windows at a time, as they are taken.
 */
export async function* sampledArms(
  deps: SampledRowsDeps,
  ask: SampledRowsAsk,
): AsyncGenerator<SampledArm> {
  const { spec, windowMs, starts, sources, limit } = ask
  const columns = sampledColumns(sources)
  const references = new References(deps, ask)
  const atOnce = Math.max(1, Math.floor(cellsAtOnce / (limit * Math.max(1, sources.length))))
  for (let i = 0; i < starts.length; i += atOnce) {
    const ranges = starts.slice(i, i + atOnce).map((from) => ({ from, to: from + windowMs }))
    const input = { spec, columns, widthMs: windowMs, ranges, seed, limit }
    for (const { version, variant, windowStart, ...current } of await deps.store.query(
      windowSample(input),
    )) {
      const window = { from: windowStart, to: windowStart + windowMs }
      const compared = references.of(version, window)
      yield { windowStart, version, variant, current, references: compared }
    }
  }
}

/** The references of one run: those that stand still are read once, those that move once a window. */
class References {
  readonly #deps: SampledRowsDeps
  readonly #ask: SampledRowsAsk
  readonly #fixed = new Map<Baseline, Promise<ReferenceRowSample>>()
  readonly #moving = new Map<Baseline, Promise<ReferenceRowSample>>()
  #window = NaN

  constructor(deps: SampledRowsDeps, ask: SampledRowsAsk) {
    this.#deps = deps
    this.#ask = ask
  }

  of(version: string, window: TimeRange): SampledReference[] {
    const { spec } = this.#ask
    if (window.from !== this.#window) this.#moving.clear()
    this.#window = window.from
    const all = this.#deps.baselines(spec.model)
    return [...spec.baselines.keys()].flatMap((name) => {
      const baseline = baselineFor(all, name, version)
      if (baseline === null) return []
      const { source } = baseline
      if ('version' in source && source.version === version) return []
      return [{ baseline, sample: () => this.#sample(baseline, window) }]
    })
  }

  #sample(baseline: Baseline, window: TimeRange): Promise<ReferenceRowSample> {
    const known = isMoving(baseline) ? this.#moving : this.#fixed
    const found = known.get(baseline) ?? this.#read(baseline, window)
    known.set(baseline, found)
    return found
  }

  async #read(baseline: Baseline, window: TimeRange): Promise<ReferenceRowSample> {
    const { store } = this.#deps
    const { spec, sources, limit } = this.#ask
    const relation = rowsForWindow(spec, baseline, window)
    if (relation === null) return { total: 0, rows: [] }
    const key = baseline.frozen?.kind === 'file' ? 'row' : 'event_id'
    const draw = { key, seed, limit } as const
    const rows = await store.query(referenceSample(relation, sampledColumns(sources), draw))
    const [total = 0] = rows.length < limit ? [] : await store.query(relationSize(relation))
    return { total: Math.max(total, rows.length), rows }
  }
}
