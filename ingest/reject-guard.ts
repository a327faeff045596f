/** When a partition brings too much that is refused. 0 switches a limit off. */
export interface RejectLimits {
  /** Refused messages in a row. */
  readonly run: number
  /** Share of the last `window` messages, above 0 and up to 1. */
  readonly ratio: number
  readonly window: number
}

export type RejectLimit = 'run' | 'ratio'

/** What is remembered of the last messages of a partition. Plain data. */
export interface RejectCounts {
  /** Refused in a row, up to now. */
  readonly run: number
  /** The bucket that is being filled. */
  readonly seen: number
  readonly refused: number
  /** Refused in each full bucket before it, oldest first. */
  readonly past: readonly number[]
}

export const noRejects: RejectCounts = { run: 0, seen: 0, refused: 0, past: [] }

// The window moves by a bucket at a time: exact up to this many messages, a twentieth short beyond.
const bucketsOfWindow = 20

const bucketSize = ({ window }: RejectLimits): number =>
  Math.max(1, Math.ceil(window / bucketsOfWindow))

/** The counts after one more message. O(1), but for one copy of at most twenty numbers a bucket. */
export function countMessage(
  limits: RejectLimits,
  counts: RejectCounts,
  refused: boolean,
): RejectCounts {
  const next = counts.seen === bucketSize(limits) ? closeBucket(limits, counts) : counts
  return {
    run: refused ? next.run + 1 : 0,
    seen: next.seen + 1,
    refused: next.refused + (refused ? 1 : 0),
    past: next.past,
  }
}

function closeBucket(limits: RejectLimits, { run, refused, past }: RejectCounts): RejectCounts {
  const most = Math.max(1, Math.floor(limits.window / bucketSize(limits)))
  const kept = [...past, refused].slice(1 - most)
  return { run, seen: 0, refused: 0, past: most === 1 ? [] : kept }
}

/**
 * The limit that is exceeded: all of the last `run` messages were refused, or of the last `window`
 * more than `ratio`, which fewer messages than that can already make certain. Never too early; by
 * ratio at most a bucket of refusals late.
 */
export function exceededLimit(limits: RejectLimits, counts: RejectCounts): RejectLimit | null {
  if (limits.run > 0 && counts.run >= limits.run) return 'run'
  const judged = limits.window > 0 && limits.ratio > 0
  return judged && inWindow(limits, counts).refused > limits.ratio * limits.window ? 'ratio' : null
}

/** Of the last messages, at most `window` of them. */
export function inWindow(
  limits: RejectLimits,
  { seen, refused, past }: RejectCounts,
): { readonly seen: number; readonly refused: number } {
  return {
    seen: seen + past.length * bucketSize(limits),
    refused: past.reduce((sum, bucket) => sum + bucket, refused),
  }
}

export const isWatched = ({ run, ratio, window }: RejectLimits): boolean =>
  run > 0 || (ratio > 0 && window > 0)
