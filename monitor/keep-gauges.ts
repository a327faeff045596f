import type { Store } from '../store/client.ts'
import { newestVolumes } from '../store/queries/newest-volumes.ts'
import type { ModelGauges } from './model-gauges.ts'

export interface KeepGaugesDeps {
  readonly store: Pick<Store, 'query'>
  readonly gauges: Pick<ModelGauges, 'restore' | 'forget'>
  /** The models of this process, as of now. */
  readonly owned: () => readonly string[]
}

/**
 * One look: models that this process has taken over show how fresh they are from the start, so that a
 * restart hides none that gets no events any more; those it has given away are shown by another one.
 */
export function createGaugeKeeper({ store, gauges, owned }: KeepGaugesDeps): () => Promise<void> {
  const shown = new Set<string>()
  return async () => {
    const now = new Set(owned())
    for (const model of shown) {
      if (now.has(model)) continue
      gauges.forget(model)
      shown.delete(model)
    }
    for (const model of now) {
      if (shown.has(model)) continue
      gauges.restore(await store.query(newestVolumes(model)))
      shown.add(model)
    }
  }
}
