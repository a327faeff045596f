import { createHash } from 'node:crypto'
import type { Clock } from '../core/clock.ts'
import { AppError } from '../core/errors.ts'
import type { ModelSpec } from '../core/model-spec.ts'
import type { OutlierSettings } from '../core/outlier-schema.ts'
import { outlierMethods } from '../detectors/outliers/outlier-model.ts'
import type { Store } from '../store/client.ts'
import { insertRows } from '../store/insert-rows.ts'
import type { ModelRegistry, RegisteredModel } from '../store/model-registry.ts'
import { newestOutlierModels } from '../store/queries/outlier-models.ts'
import { listBaselines, type Baseline } from './baselines.ts'
import { fitOutlierModel, scoredFeatures, type ReferenceRows } from './fit-outlier-model.ts'
import type { OutlierEvents } from './outlier-events.ts'
import type { Ownership } from './ownership.ts'
import { baselineFor, referenceRows } from './references.ts'

export interface OutlierFitsDeps {
  readonly store: Store
  readonly registry: Pick<ModelRegistry, 'list'>
  readonly clock: Clock
  readonly events: OutlierEvents
  readonly owns: Ownership
}

/** How often a model whose scorer is fitted is looked at for a newer baseline, ms. */
const settledMs = 60_000

/**
 * Fits what events are scored by, once for each baseline revision and each way it is asked for, and
 * stores it under the next revision. All it knows comes from stored rows: whoever does it again, or
 * at the same time, stores what scores the same.
 */
export class OutlierFits {
  readonly #deps: OutlierFitsDeps
  /** When a model was found fitted, on the monotonic clock, and for which revision of its description. */
  readonly #settled = new Map<string, { readonly at: number; readonly revision: number }>()

  constructor(deps: OutlierFitsDeps) {
    this.#deps = deps
  }

  /** One look at every model of this process. What one model cannot do holds up no other one. */
  async fitDue(): Promise<void> {
    const { registry, owns, events } = this.#deps
    for (const model of registry.list()) {
      const { model: name, outliers } = model.spec
      if (outliers === null || !owns(name) || this.#isSettled(model)) continue
      try {
        if (await this.#fit(model.spec, outliers)) this.#settle(model)
      } catch (error) {
        if (!(error instanceof AppError)) throw error
        events.failed(name, error)
      }
    }
  }

  #isSettled({ spec, revision }: RegisteredModel): boolean {
    const known = this.#settled.get(spec.model)
    return known?.revision === revision && this.#deps.clock.monotonic() - known.at < settledMs
  }

  #settle({ spec, revision }: RegisteredModel): void {
    this.#settled.set(spec.model, { at: this.#deps.clock.monotonic(), revision })
  }

  /** Whether the newest stored one is what is asked for; fits it where it is not. */
  async #fit(spec: ModelSpec, settings: OutlierSettings): Promise<boolean> {
    const { store, events } = this.#deps
    const baseline = baselineFor(await listBaselines(store, spec.model), settings.baseline, '')
    const reference = baseline === null ? null : rowsOf(spec, baseline)
    if (baseline === null || reference === null) {
      events.waiting(spec.model, `baseline "${settings.baseline}" is not ready`)
      return false
    }
    const [newest] = await store.query(newestOutlierModels([spec.model]))
    const fingerprint = fingerprintOf(spec, settings, baseline)
    if (newest?.fingerprint === fingerprint) return true
    const fitted = await fitOutlierModel(store, spec, settings, reference)
    if (typeof fitted === 'string') {
      events.waiting(spec.model, fitted)
      return false
    }
    const revision = (newest?.revision ?? 0) + 1
    const row = {
      model: spec.model,
      revision,
      baseline: baseline.baseline,
      baseline_revision: baseline.revision,
      method: fitted.method,
      fingerprint,
      n: fitted.n,
      definition: JSON.stringify(fitted),
      created_at: new Date(this.#deps.clock.now()),
    }
    await insertRows(store, 'outlier_models', Object.keys(row), [Object.values(row)])
    events.fitted({ model: spec.model, revision, method: fitted.method, n: fitted.n })
    return true
  }
}

function rowsOf(spec: ModelSpec, baseline: Baseline): ReferenceRows | null {
  const relation = referenceRows(spec, baseline)
  if (relation === null) return null
  return { relation, key: baseline.frozen?.kind === 'file' ? 'row' : 'event_id' }
}

/** Of everything that a fit depends on. */
function fingerprintOf(
  spec: ModelSpec,
  settings: OutlierSettings,
  { baseline, revision }: Pick<Baseline, 'baseline' | 'revision'>,
): string {
  const features = scoredFeatures(spec, settings)
  const facts = [outlierMethods[settings.method], baseline, revision, features]
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex')
}
