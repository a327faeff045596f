import { durationMs, durationName } from '../core/duration.ts'
import type { ModelSpec, SequentialSpec } from '../core/model-spec.ts'
import { needsLabels } from '../detectors/performance/catalogue.ts'
import type { AnySequentialDetector } from '../detectors/sequential/catalogue.ts'
import type { State } from '../detectors/sequential/detector.ts'
import { askedDetector, detectorRule, resultMethod } from '../detectors/sequential/window-series.ts'
import type { MonitoredMetrics } from '../store/queries/alert-metric-rows.ts'

/** What has just been computed of some windows. */
export type MonitoredPart = 'events' | 'labels'

/** One entry of `sequential` with every default filled in. */
export interface SequentialRule {
  /** Detector, its parameters and what it is asked to follow. */
  readonly name: string
  /** Everything else that decides what comes of it, defaults of this program included, as text. */
  readonly scope: string
  readonly windowMs: number
  /** Whose results it follows. */
  readonly part: MonitoredPart
  readonly detector: AnySequentialDetector
  /** Before the first value, its parameters included. */
  readonly start: State
  /** Detector and parameters alone. */
  readonly detectorRule: string
  /** Null: the errors of single events. */
  readonly metric: MonitoredMetrics | null
}

/** The sequential detectors of a valid model file. */
export function sequentialRules(spec: ModelSpec): SequentialRule[] {
  return spec.sequential.map((entry) => {
    const windowMs = entry.window === undefined ? spec.windowMs : durationMs(entry.window)
    const followed = followedMetrics(spec, entry, durationName(windowMs))
    const rule = detectorRule(entry)
    const detector = askedDetector(entry)
    const start = detector.init(entry.parameters)
    return {
      name: resultMethod(rule, entry.metric ?? entry.stream ?? ''),
      scope: JSON.stringify([
        start.params,
        followed?.baselines,
        followed?.features,
        followed?.slices,
      ]),
      windowMs,
      part: entry.metric === undefined || needsLabels(entry.metric) ? 'labels' : 'events',
      detector,
      start,
      detectorRule: rule,
      metric: followed,
    }
  })
}

/** As a monitor looks at metrics: the first baseline, every feature, the whole model, unless it says more. */
function followedMetrics(
  spec: ModelSpec,
  { metric, baseline, features = [], slices = [''] }: SequentialSpec,
  window: string,
): MonitoredMetrics | null {
  if (metric === undefined) return null
  const compared = baseline ?? [...spec.baselines.keys()][0]
  return {
    model: spec.model,
    metric,
    window,
    baselines: compared === undefined ? [''] : [compared, ''],
    features: [...features].sort(),
    slices: slices.includes('*') ? [] : [...slices].sort(),
  }
}
