import { finished, type Work } from '../multivariate/work.ts'

/** Two raw samples of one feature; null, undefined and NaN are missing values. */
export type PeerSample =
  | {
      readonly kind: 'numeric'
      readonly reference: readonly (number | null | undefined)[]
      readonly current: readonly (number | null | undefined)[]
    }
  | {
      readonly kind: 'categorical'
      readonly reference: readonly (string | null | undefined)[]
      readonly current: readonly (string | null | undefined)[]
    }

export type Operator = '>' | '>=' | '<' | '<='

/** What a peer's code computes. */
export interface PeerNumber {
  /** The number that the peer reports. */
  readonly value: number
  /** The number that it compares with its threshold, where that is another one. */
  readonly judged?: number
}

/** A statistic as another product's code computes and judges it. */
export interface PeerMethod {
  readonly metric: string
  /** Convention and the peer's version, such as `psi/evidently-0.7`. */
  readonly method: string
  readonly kinds: readonly PeerSample['kind'][]
  /** Drift when the judged number stands so to the threshold. */
  readonly operator: Operator
  /** The peer's default; null where it learns one from chunks of the reference. */
  readonly threshold: number | null
  readonly describe: string
  /** The number that the peer reports is a p-value, and no size of a change. */
  readonly reportsPValue?: true
  /** Null where the peer raises an error or answers NaN, an empty side above all. Never NaN. */
  readonly number: (sample: PeerSample) => PeerNumber | null
  /** The same with pauses, where it takes long. */
  readonly steps?: (sample: PeerSample) => Work<PeerNumber | null>
  /** Random draws decide it, so the order of the rows does. */
  readonly draws?: true
}

/** The parts of a method that takes long and draws random numbers. */
export function inSteps(
  steps: NonNullable<PeerMethod['steps']>,
): Required<Pick<PeerMethod, 'number' | 'steps' | 'draws'>> {
  return { number: (sample) => finished(steps(sample)), steps, draws: true }
}

export interface Peer {
  readonly name: string
  readonly methods: readonly PeerMethod[]
  /** The peer's own choice of a test for a feature that names none. */
  readonly chooseTest: (sample: PeerSample) => PeerMethod
  /** What it may choose, where that depends on the values and not on their kind alone. */
  readonly choices?: readonly PeerMethod[]
  /** Its verdict over the features of a data set, at least one, where it has one. */
  readonly dataset?: (scores: readonly PeerScore[]) => readonly DatasetScore[]
}

/** A number about all features together. */
export interface DatasetScore {
  readonly metric: string
  readonly method: string
  readonly value: number
  /** What a verdict was made from, and by which threshold. */
  readonly judged?: number
  readonly threshold?: number
}

export interface PeerScore {
  readonly method: string
  readonly value: number
  /** The number that is compared with the threshold. */
  readonly judged: number
  readonly operator: Operator
  readonly threshold: number | null
  /** Null without a threshold. */
  readonly drifted: boolean | null
}

/**
 * The peer's number and verdict; `threshold` stands in for the peer's default.
 * Null where the method does not apply to the kind of feature, or has no answer.
 */
export const peerScore = (
  method: PeerMethod,
  sample: PeerSample,
  threshold: number | null = method.threshold,
): PeerScore | null => finished(peerScoreSteps(method, sample, threshold))

/** `peerScore` with pauses, where the method takes long. */
export function* peerScoreSteps(
  method: PeerMethod,
  sample: PeerSample,
  threshold: number | null,
): Work<PeerScore | null> {
  if (!method.kinds.includes(sample.kind)) return null
  const number = method.steps === undefined ? method.number(sample) : yield* method.steps(sample)
  if (number === null || !Number.isFinite(number.judged ?? number.value)) return null
  const { operator } = method
  const judged = number.judged ?? number.value
  const drifted = threshold === null ? null : breaches(judged, operator, threshold)
  return { method: method.method, value: number.value, judged, operator, threshold, drifted }
}

/**
 * Whether a number lies on the far side of a threshold; at the threshold itself
 * `>=` and `<=` do, `>` and `<` do not.
 *
 * @example Number(breaches(0.1, '>=', 0.1)) // 1
 */
export function breaches(number: number, operator: Operator, threshold: number): boolean {
  switch (operator) {
    case '>':
      return number > threshold
    case '>=':
      return number >= threshold
    case '<':
      return number < threshold
    case '<=':
      return number <= threshold
  }
}
