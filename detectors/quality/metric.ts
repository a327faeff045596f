/** One number about a profile or a window, with the convention that made it. */
export interface QualityMetric {
  readonly metric: string
  /** Values of two methods do not compare. */
  readonly method: string
  readonly value: number
}

/** Leaves out what is undefined: a rate of nothing, a mean of no values. */
export function definedMetrics(
  rows: readonly (readonly [metric: string, method: string, value: number | null | undefined])[],
): QualityMetric[] {
  const metrics: QualityMetric[] = []
  for (const [metric, method, value] of rows) {
    if (value === null || value === undefined || !Number.isFinite(value)) continue
    metrics.push({ metric, method, value })
  }
  return metrics
}

/** A share, undefined when there is nothing to share. */
export function ratio(part: number, whole: number): number | undefined {
  return whole > 0 ? part / whole : undefined
}
