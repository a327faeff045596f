/** Which way a value gets worse; `none` where neither way is good or bad in itself. */
export type Direction = 'greater_is_worse' | 'less_is_worse' | 'none'

/** A statistic with everything that is needed to judge it: it never travels as a bare number. */
export interface Score {
  /** Convention and parameters, such as `psi/decile-jeffreys`: values of two methods do not compare. */
  readonly method: string
  readonly value: number
  readonly direction: Direction
  /** Chance of a value at least this bad when nothing drifted. */
  readonly pValue?: number
  /** The size of the change in an interpretable unit, free of the sample size. */
  readonly effect?: number
  /** Events counted on each side, missing and invalid ones included. */
  readonly nReference: number
  readonly nCurrent: number
  /**
   * The value that 95 of 100 comparisons without drift stay below. Above it
   * a value means something; how much, `effect` says.
   */
  readonly noiseFloor?: number
}

/** The share of comparisons without drift that exceed `noiseFloor`. */
export const noiseLevel = 0.05
