import type { ModelSpec } from '../core/model-spec.ts'
import { durationName } from '../core/duration.ts'
import type { BinChange, Breach, Explainer, Explanation } from '../alerts/ports.ts'
import { binLabel } from '../detectors/bin-label.ts'
import { coarseInput } from '../detectors/coarse-input.ts'
import { binContributions, rankFindings, type Explained } from '../detectors/contribution.ts'
import type { DriftInput } from '../detectors/detector.ts'
import { explainedBy } from '../detectors/explained-by.ts'
import type { FeatureProfile } from '../detectors/profile.ts'
import type { ModelBinning } from '../store/binning.ts'
import type { Store } from '../store/client.ts'
import { mergeProfiles } from '../store/queries/merge-profiles.ts'
import type { References } from './evaluate-windows.ts'
import { readBinning } from './freeze-binning.ts'

/** Windows at a time: their profiles are in memory together. */
const windowsAtOnce = 24

/** Bins of one breach that are told. */
const mostBins = 5

export interface ExplainerDeps {
  readonly store: Store
  readonly references: References
}

/** Explains breaches by the stored profiles of their windows and baselines. */
export function createExplainer({ store, references }: ExplainerDeps): Explainer {
  return {
    rank: rankFindings,
    explain: async (spec, windowMs, breaches) => {
      const asked = breaches.filter(isExplained)
      if (asked.length === 0) return breaches.map(() => null)
      const binning = await readBinning(store, spec.model)
      const found = new Map<Breach, Explanation | null>()
      const starts = [...new Set(asked.map(({ windowStart }) => windowStart))]
      for (let i = 0; i < starts.length; i += windowsAtOnce) {
        const together = new Set(starts.slice(i, i + windowsAtOnce))
        const here = asked.filter(({ windowStart }) => together.has(windowStart))
        const current = await currentProfiles(store, { spec, binning, windowMs }, here)
        for (const breach of here) {
          const ask = { ...breach, spec, binning, windowMs }
          const reference = (await references.profiles(ask))?.get(breach.slice)?.get(breach.feature)
          const profiles = { reference, current: current.get(keyOf(breach)) }
          found.set(breach, explanation(breach, binning, profiles))
        }
      }
      return breaches.map((breach) => found.get(breach) ?? null)
    },
  }
}

const isExplained = ({ metric, feature }: Breach): boolean =>
  feature !== '' && explainedBy(metric) !== null

interface Place {
  readonly spec: ModelSpec
  readonly binning: ModelBinning
  readonly windowMs: number
}

async function currentProfiles(
  store: Store,
  { spec, binning, windowMs }: Place,
  breaches: readonly Breach[],
): Promise<Map<string, FeatureProfile>> {
  const unique = (values: readonly string[]): string[] => [...new Set(values)]
  const rows = await store.query(
    mergeProfiles({
      model: spec.model,
      baseWindow: durationName(spec.windowMs),
      widthMs: windowMs,
      starts: [...new Set(breaches.map(({ windowStart }) => windowStart))],
      binned: [...binning.features.keys()],
      only: {
        features: unique(breaches.map(({ feature }) => feature)),
        slices: unique(breaches.map(({ slice }) => slice)),
      },
    }),
  )
  return new Map(rows.map((row) => [keyOf(row), row.profile]))
}

const keyOf = (
  place: Pick<Breach, 'windowStart' | 'version' | 'variant' | 'slice' | 'feature'>,
): string =>
  JSON.stringify([place.windowStart, place.version, place.variant, place.slice, place.feature])

interface Sides {
  readonly reference: FeatureProfile | undefined
  readonly current: FeatureProfile | undefined
}

function explanation(
  { metric, feature }: Breach,
  binning: ModelBinning,
  { reference, current }: Sides,
): Explanation | null {
  const by = explainedBy(metric)
  const bins = binning.features.get(feature)
  if (by === null || bins === undefined || reference === undefined || current === undefined)
    return null
  const contributions = binChanges({ reference, current, binning: bins }, by)
  return contributions === null ? null : { by, contributions }
}

/** The bins that matter most, over the bins that PSI and JS score; null when a side is empty. */
function binChanges(input: DriftInput, by: Explained): BinChange[] | null {
  const coarse = coarseInput(input)
  const bins = binContributions(coarse, by)
  if (bins === null) return null
  return bins
    .filter(({ contribution }) => contribution > 0)
    .slice(0, mostBins)
    .map(({ bin, referenceShare, currentShare, change, share }) => ({
      kind: bin.kind,
      label: binLabel(bin, coarse.binning),
      reference_share: rounded(referenceShare),
      current_share: rounded(currentShare),
      change: rounded(change),
      share: rounded(share),
    }))
}

/** Enough to tell shares of a million events apart, short enough for a message. */
const rounded = (value: number): number => Number(value.toPrecision(6))
