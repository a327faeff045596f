import type { Store } from '../store/client.ts'
import { listBaselines, type Baseline } from './baselines.ts'
import type { References } from './evaluate-windows.ts'
import { baselineFor, isMoving, movingReference, storedReference } from './references.ts'

/** Baselines as they are stored, for who only reads: nothing is frozen on the way, nothing kept. */
export function storedReferences(store: Store): References {
  return {
    profiles: async ({ spec, binning, baseline: name, version, windowStart, windowMs }) => {
      const baseline = baselineFor(await listBaselines(store, spec.model), name, version)
      if (baseline === null || isItself(baseline, version)) return null
      const window = { from: windowStart, to: windowStart + windowMs }
      const binned = [...binning.features.keys()]
      const profiles = isMoving(baseline)
        ? await movingReference(store, spec, baseline, { window, binned })
        : await storedReference(store, baseline)
      return profiles.size === 0 ? null : profiles
    },
  }
}

/** A version compared with itself would say that nothing ever changes. */
const isItself = ({ source }: Baseline, version: string): boolean =>
  'version' in source && source.version === version
