import { ece } from './ece.ts'
import type { PerformanceMetric } from './performance-metric.ts'

/** Every metric that needs labels: a list, so that adding one is a file and a line. */
export const performanceMetrics: readonly PerformanceMetric[] = [ece]

/** Names that stand in column `metric` for what labels tell. */
export const performanceMetricNames: readonly string[] = [
  ...new Set(performanceMetrics.map(({ metric }) => metric)),
]

/** True of what monitors may watch that hangs on labels. */
export const needsLabels = (metric: string): boolean =>
  performanceMetrics.some((known) => known.metric === metric || known.method === metric)
