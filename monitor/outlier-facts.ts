import type { ModelSpec } from '../core/model-spec.ts'
import { outlierMethods } from '../detectors/outliers/outlier-model.ts'
import { burstMetrics, outlierMetrics } from '../detectors/quality/outlier-metrics.ts'
import type { ModelBinning } from '../store/binning.ts'
import type { Store } from '../store/client.ts'
import { burstCounts } from '../store/queries/outlier-bursts.ts'
import { outlierCounts } from '../store/queries/outlier-counts.ts'
import { armKey } from './evaluate-windows.ts'
import type { SliceOutliers } from './outlier-rows.ts'

export interface WindowsOfModel {
  readonly spec: ModelSpec
  readonly binning: ModelBinning
  readonly windowMs: number
  readonly starts: readonly number[]
}

/**
 * What the stored scores of some windows say, by `armKey`; nothing for a model that is not scored. The
 * threshold is the one in force, whichever was when the events came.
 */
export async function outlierFacts(
  store: Pick<Store, 'query'>,
  { spec, binning, windowMs, starts }: WindowsOfModel,
): Promise<ReadonlyMap<string, readonly SliceOutliers[]>> {
  const facts = new Map<string, SliceOutliers[]>()
  const settings = spec.outliers
  if (settings === null || starts.length === 0) return facts
  const add = (key: string, slice: SliceOutliers): void => {
    facts.set(key, [...(facts.get(key) ?? []), slice])
  }
  const ranges = starts.map((from) => ({ from, to: from + windowMs }))
  const input = { spec, settings, slices: binning.slices, windowMs, ranges }
  const method = outlierMethods[settings.method]
  for (const { windowStart, version, variant, slice, ...counts } of await store.query(
    outlierCounts(input),
  )) {
    const metrics = outlierMetrics({ ...counts, threshold: settings.threshold, method })
    add(armKey(windowStart, version, variant), { slice, metrics })
  }
  if (settings.sender === null) return facts
  const by = { sender: settings.sender, binning }
  for (const { windowStart, version, variant, ...counts } of await store.query(
    burstCounts(input, by),
  )) {
    add(armKey(windowStart, version, variant), { slice: '', metrics: burstMetrics(counts) })
  }
  return facts
}
