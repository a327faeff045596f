import {
  countMessage,
  exceededLimit,
  isWatched,
  noRejects,
  type RejectCounts,
  type RejectLimits,
} from './reject-guard.ts'

/**
 * How the refusals of a partition are judged. Plain data.
 *
 * - `watching`: against the limits.
 * - `trying`: it was halted at `from`, by a process that is gone. What is refused there halts it again;
 *   what is accepted shows that the cause is.
 * - `released`: somebody wants to go on from there. What is refused becomes dead letters until the
 *   first message is accepted.
 */
export interface GuardState {
  readonly mode: 'watching' | 'trying' | 'released'
  /** The offset where it was halted; meaningless while watching. */
  readonly from: number
  readonly counts: RejectCounts
}

export const watching: GuardState = { mode: 'watching', from: 0, counts: noRejects }

/** `halt`: this message is one too many. `resume`: what was halted goes on, the guard begins anew. */
export type Verdict = 'take' | 'halt' | 'resume'

export interface Judged {
  readonly verdict: Verdict
  readonly next: GuardState
}

/** Judges one message of a partition, in offset order. What lies before `from` was taken once before. */
export function judge(
  limits: RejectLimits,
  state: GuardState,
  { offset, refused }: { readonly offset: number; readonly refused: boolean },
): Judged {
  if (state.mode === 'watching') {
    const next = { ...state, counts: countMessage(limits, state.counts, refused) }
    const over = refused && exceededLimit(limits, next.counts) !== null
    return { verdict: over ? 'halt' : 'take', next }
  }
  if (offset < state.from) return { verdict: 'take', next: state }
  if (!refused) return { verdict: 'resume', next: watching }
  const again = state.mode === 'trying' && isWatched(limits)
  return { verdict: again ? 'halt' : 'take', next: state }
}
