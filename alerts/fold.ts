import type { AlertState } from '../core/names.ts'
import { decide, type DecisionReason } from './decide.ts'
import type { Verdict } from './verdict.ts'

/** A judged window is forgotten after this many times n windows: an alert is not about last year. */
export const reachFactor = 50

/** A window of one series and what it says; `Facts` is whatever the evidence is made of. */
export interface JudgedWindow<Facts> {
  /** Epoch ms. */
  readonly windowStart: number
  readonly verdict: Verdict
  readonly facts: Facts
}

/** A change of state, with the windows that decided it, oldest first. */
export interface FoldedTransition<Facts> {
  readonly window: JudgedWindow<Facts>
  readonly from: AlertState
  readonly to: AlertState
  readonly reason: DecisionReason
  readonly decidedBy: readonly Pick<JudgedWindow<Facts>, 'windowStart' | 'verdict'>[]
}

export interface FoldPolicy {
  readonly k: number
  readonly n: number
  readonly windowMs: number
}

/**
 * The changes of state from window `from` on. `windows` are ordered and hold the last n − 1 judged
 * ones before `from` too; `before` is the state that held there. Windows without a verdict are
 * passed over: they neither change the state nor count among the n.
 */
export function fold<Facts>(
  policy: FoldPolicy,
  windows: readonly JudgedWindow<Facts>[],
  from: number,
  before: AlertState,
): FoldedTransition<Facts>[] {
  const judged = windows.filter(({ verdict }) => verdict !== 'none')
  const reachMs = reachFactor * policy.n * policy.windowMs
  const transitions: FoldedTransition<Facts>[] = []
  let state = before
  for (const [i, window] of judged.entries()) {
    if (window.windowStart < from) continue
    const decidedBy = judged
      .slice(Math.max(0, i + 1 - policy.n), i + 1)
      .filter(({ windowStart }) => windowStart >= window.windowStart - reachMs)
      .map(({ windowStart, verdict }) => ({ windowStart, verdict }))
    const decided = decide(
      policy,
      decidedBy.map(({ verdict }) => verdict),
    )
    if (decided.state === state) continue
    transitions.push({
      window,
      from: state,
      to: decided.state,
      reason: decided.reason,
      decidedBy,
    })
    state = decided.state
  }
  return transitions
}
