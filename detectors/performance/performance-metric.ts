/** One number about how predictions compare with their labels. */
export interface PerformanceValue {
  readonly value: number
  /** Labelled events that it is about. */
  readonly n: number
  /** The value that 95 of 100 windows of a flawless model stay below. */
  readonly noiseFloor?: number
}

/** A metric of labelled events, made of sums that add up over windows. */
export interface PerformanceMetric {
  readonly metric: string
  /** Convention and parameters: values of two methods do not compare. */
  readonly method: string
  /** The sums it reads, by the name that they are stored under. */
  readonly measure: string
  /** Pure. Null where the metric is not defined, as of no events. */
  readonly compute: (sums: readonly number[]) => PerformanceValue | null
}
