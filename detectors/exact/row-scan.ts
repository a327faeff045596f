/** Two samples walked together, smallest value first; a step is a distinct value, ways are shares of the range. */
export interface RowScan {
  /** Values that are there: reference, current. At least one each. */
  readonly n: number
  readonly m: number
  readonly steps: number
  /** Half of greatest less least value of both sides. */
  readonly halfRange: number
  /** Mean in the feature's unit, population deviation as a share of the range. */
  readonly reference: { readonly mean: number; readonly deviation: number }
  readonly current: { readonly mean: number; readonly deviation: number }
  /** Pairs in which the reference value is the greater, ties as half. */
  readonly u: number
  /** 1 less the sum of the cubed pooled shares of the steps. */
  readonly untied: number
  /** n·Σ(rᵢ − i)² + m·Σ(sⱼ − j)², as `cvmTest` has it. */
  readonly rankSquares: number
  /** Σ (F − G)² by the pooled shares of the steps. */
  readonly squaredGaps: number
  /** Anderson–Darling's sum with mid-ranks. */
  readonly weightedGaps: number
  /** ∫|F − G| and ∫(F − G)². */
  readonly area: number
  readonly squaredArea: number
  /** The pooled distribution in stretches: where each begins, its least and greatest pooled share. */
  readonly stretches: readonly {
    readonly from: number
    readonly least: number
    readonly greatest: number
  }[]
}
