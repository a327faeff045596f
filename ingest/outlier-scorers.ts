import type { Clock } from '../core/clock.ts'
import {
  outlierScorer,
  parseOutlierModel,
  type OutlierScorer,
} from '../detectors/outliers/outlier-model.ts'
import type { Store } from '../store/client.ts'
import type { ModelRegistry } from '../store/model-registry.ts'
import { newestOutlierModels, outlierDefinition } from '../store/queries/outlier-models.ts'

/** What the events of one model are scored by. */
export interface ActiveScorer {
  readonly scorer: OutlierScorer
  readonly threshold: number
  readonly revision: number
}

interface OutlierScorersDeps {
  readonly store: Pick<Store, 'query'>
  readonly registry: Pick<ModelRegistry, 'get' | 'list'>
  readonly clock: Pick<Clock, 'monotonic'>
}

interface Loaded {
  readonly scorer: OutlierScorer
  readonly revision: number
}

/** How old what is known of newer outlier models may be, ms. */
const freshMs = 5_000

/** The newest outlier models that monitors have fitted, read again now and then while events arrive. */
export class OutlierScorers {
  readonly #deps: OutlierScorersDeps
  readonly #loaded = new Map<string, Loaded>()
  #readAt = Number.NEGATIVE_INFINITY
  #reading: Promise<void> | null = null

  constructor(deps: OutlierScorersDeps) {
    this.#deps = deps
  }

  /** Null for a model that is not scored, or not yet. Throws what the store throws. */
  async of(model: string): Promise<ActiveScorer | null> {
    const settings = this.#deps.registry.get(model)?.spec.outliers ?? null
    if (settings === null) return null
    await this.#refresh()
    const loaded = this.#loaded.get(model)
    return loaded === undefined ? null : { ...loaded, threshold: settings.threshold }
  }

  #refresh(): Promise<void> | null {
    if (this.#deps.clock.monotonic() - this.#readAt < freshMs) return null
    this.#reading ??= this.#read().finally(() => {
      this.#reading = null
    })
    return this.#reading
  }

  async #read(): Promise<void> {
    const { store, registry, clock } = this.#deps
    const scored = registry.list().filter(({ spec }) => spec.outliers !== null)
    const names = scored.map(({ spec }) => spec.model)
    for (const { model, revision } of await store.query(newestOutlierModels(names))) {
      if (this.#loaded.get(model)?.revision === revision) continue
      const [definition] = await store.query(outlierDefinition(model, revision))
      if (definition === undefined) continue
      this.#loaded.set(model, { scorer: outlierScorer(parseOutlierModel(definition)), revision })
    }
    this.#readAt = clock.monotonic()
  }
}
