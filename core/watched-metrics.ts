import type { ModelSpec } from './model-spec.ts'

/** Metrics and method ids that somebody looks at, so that they are computed whatever `detectors` says. */
export const watchedMetrics = ({
  monitors,
  sequential,
}: Pick<ModelSpec, 'monitors' | 'sequential'>): string[] => [
  ...monitors.map(({ metric }) => metric),
  ...sequential.flatMap(({ metric }) => metric ?? []),
]
