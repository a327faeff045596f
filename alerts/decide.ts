import type { AlertState } from '../core/names.ts'
import type { Verdict } from './verdict.ts'

export type DecisionReason =
  'enough_critical' | 'enough_breaches' | 'too_few_breaches' | 'no_breach' | 'not_judged'

/**
 * The state of a series after a window. `verdicts` are those of its last judged windows, oldest
 * first; only the last `n` count, and `none` is skipped. The state hangs on nothing else, so that
 * windows revised by late data can be decided again and end where in-order data would have.
 */
export function decide(
  { k, n }: { readonly k: number; readonly n: number },
  verdicts: readonly Verdict[],
): { state: AlertState; reason: DecisionReason } {
  const last = verdicts.filter((verdict) => verdict !== 'none').slice(-n)
  const critical = last.filter((verdict) => verdict === 'critical').length
  const breaches = last.filter((verdict) => verdict !== 'ok').length
  if (last.length === 0) return { state: 'ok', reason: 'not_judged' }
  if (critical >= k) return { state: 'critical', reason: 'enough_critical' }
  if (breaches >= k) return { state: 'warn', reason: 'enough_breaches' }
  if (last.at(-1) !== 'ok') return { state: 'pending', reason: 'too_few_breaches' }
  return { state: 'ok', reason: 'no_breach' }
}
