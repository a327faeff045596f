import type { ModelBinning } from '../store/binning.ts'
import type { RegisteredModel } from '../store/model-registry.ts'
import { freezeDueBaselines, type Baseline, type BaselineDeps } from './baselines.ts'
import type { ReferenceAsk, References } from './evaluate-windows.ts'
import { readBinning } from './freeze-binning.ts'
import {
  baselineFor,
  isMoving,
  movingReference,
  storedReference,
  type ReferenceProfiles,
} from './references.ts'

/** References kept in memory; the oldest are read again when they are asked for again. */
const mostCached = 256

/**
 * The baselines of all models as the monitor uses them: freezes what is due when a model is about to
 * be evaluated, and keeps the reference profiles in memory from one window to the next.
 */
export class ModelBaselines implements References {
  readonly #deps: BaselineDeps
  readonly #baselines = new Map<string, readonly Baseline[]>()
  readonly #revisions = new Map<string, number>()
  readonly #cache = new Map<string, ReferenceProfiles>()
  /** References that move, of the run at hand: the arms of a window share them. */
  readonly #moving = new Map<string, Promise<ReferenceProfiles>>()

  constructor(deps: BaselineDeps) {
    this.#deps = deps
  }

  /** The bins of a model, after everything that can be frozen is; null before anything could be. */
  async binningOf(model: RegisteredModel): Promise<ModelBinning | null> {
    // What they are merged from may have been revised since the last run.
    this.#moving.clear()
    const baselines = await freezeDueBaselines(this.#deps, model)
    this.#baselines.set(model.spec.model, baselines)
    this.#revisions.set(model.spec.model, model.revision)
    const binning = await readBinning(this.#deps.store, model.spec.model)
    return binning.id === 0 ? null : binning
  }

  /** Whether, as of the last `binningOf`, no baseline of this revision of the model waits for anything. */
  isSettled({ spec, revision }: RegisteredModel): boolean {
    return (
      this.#revisions.get(spec.model) === revision &&
      this.of(spec.model).every(({ status }) => status !== 'pending')
    )
  }

  /** The revisions of all baselines as of the last `binningOf`. */
  of(model: string): readonly Baseline[] {
    return this.#baselines.get(model) ?? []
  }

  async profiles(ask: ReferenceAsk): Promise<ReferenceProfiles | null> {
    const baseline = baselineFor(this.of(ask.spec.model), ask.baseline, ask.version)
    if (baseline === null) return null
    // A version compared with itself would say that nothing ever changes.
    if ('version' in baseline.source && baseline.source.version === ask.version) return null
    const profiles = isMoving(baseline)
      ? await this.#movingOf(ask, baseline)
      : await this.#cached(keyOf(baseline), () => storedReference(this.#deps.store, baseline))
    return profiles.size === 0 ? null : profiles
  }

  #movingOf(
    { spec, binning, windowStart, windowMs }: ReferenceAsk,
    baseline: Baseline,
  ): Promise<ReferenceProfiles> {
    const key = JSON.stringify([keyOf(baseline), windowStart, windowMs])
    const known = this.#moving.get(key)
    if (known !== undefined) return known
    const window = { from: windowStart, to: windowStart + windowMs }
    const binned = [...binning.features.keys()]
    const profiles = movingReference(this.#deps.store, spec, baseline, { window, binned })
    this.#moving.set(key, profiles)
    return profiles
  }

  async #cached(key: string, read: () => Promise<ReferenceProfiles>): Promise<ReferenceProfiles> {
    const known = this.#cache.get(key)
    if (known !== undefined) return known
    const profiles = await read()
    this.#cache.set(key, profiles)
    const oldest = this.#cache.keys().next()
    if (this.#cache.size > mostCached && oldest.done !== true) this.#cache.delete(oldest.value)
    return profiles
  }
}

const keyOf = ({ model, baseline, revision, binning }: Baseline): string =>
  JSON.stringify([model, baseline, revision, binning])
