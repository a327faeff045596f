import type { JudgedRow } from './evaluate-monitor.ts'
import type { FoldedTransition } from './fold.ts'
import type { LearntFrom } from './learnt-limit.ts'
import type { MonitorPolicy } from './policy.ts'
import type { BinChange, Explanation } from './ports.ts'
import { limitText, type BudgetUse } from './row-limits.ts'

/** What a transition was made of: enough to judge it again by hand. Stored and sent as JSON. */
export interface Evidence {
  readonly metric: string
  readonly method: string
  readonly baseline: string
  readonly value: number | null
  readonly p_value: number | null
  readonly p_adjusted: number | null
  readonly effect: number | null
  readonly noise_floor: number | null
  /** The limit that was or was not crossed, such as `> 0.2`; of a learnt one also what it was made of. */
  readonly threshold: string | null
  /** The greatest adjusted p-value of a breach in this window. */
  readonly alpha: number
  readonly min_samples: number
  readonly n_reference: number
  readonly n_current: number
  readonly label_coverage: number | null
  /** Of the window. */
  readonly revision: number
  readonly for: string
  readonly reason: string
  /** The windows that decided, oldest first. */
  readonly windows: readonly { readonly start: string; readonly verdict: string }[]
  readonly config_revision: number
  /** Only where `alpha` follows from a false-alarm budget: what it was divided by. */
  readonly false_alarms?: BudgetUse
  /** Only where the limit was learnt: every digit of it. */
  readonly learnt?: LearntEvidence
  /** Only where bins tell what made the value: the statistic whose terms `contributions` are. */
  readonly by?: Explanation['by']
  readonly contributions?: readonly BinChange[]
}

/** A learnt limit: starts of the windows it was learnt from lie in [from, to). */
export interface LearntEvidence extends Pick<LearntFrom, 'center' | 'spread' | 'windows'> {
  /** ISO 8601. */
  readonly from: string
  readonly to: string
}

/** Evidence of a transition with what its breach is made of, or without where nothing can be said. */
export function withExplanation(evidence: string, explanation: Explanation | null): string {
  const plain = withoutExplanation(evidence)
  if (explanation === null) return plain
  const { by, contributions } = explanation
  return JSON.stringify({ ...(JSON.parse(plain) as Evidence), by, contributions })
}

/** The evidence that a verdict was made of: what explains it took no part in that. */
export function withoutExplanation(evidence: string): string {
  const { by, contributions, ...verdict } = JSON.parse(evidence) as Evidence
  return by === undefined && contributions === undefined ? evidence : JSON.stringify(verdict)
}

export function evidenceOf(
  policy: MonitorPolicy,
  transition: FoldedTransition<JudgedRow>,
  configRevision: number,
): Evidence {
  const { facts: row } = transition.window
  const { warn, critical, alpha, budget } = row.limits
  const crossed = (transition.to === 'critical' ? critical : warn) ?? critical
  return {
    metric: row.metric,
    method: row.method,
    baseline: row.baseline,
    value: row.value,
    p_value: row.pValue,
    p_adjusted: row.pAdjusted,
    effect: row.effect,
    noise_floor: row.noiseFloor,
    threshold: crossed === null ? null : limitText(crossed, row.value),
    alpha,
    min_samples: policy.minSamples,
    n_reference: row.nReference,
    n_current: row.nCurrent,
    label_coverage: row.labelCoverage,
    revision: row.revision,
    for: `${policy.k} of ${policy.n}`,
    reason: transition.reason,
    windows: transition.decidedBy.map(({ windowStart, verdict }) => ({
      start: new Date(windowStart).toISOString(),
      verdict,
    })),
    config_revision: configRevision,
    ...(budget === null ? {} : { false_alarms: budget }),
    ...learntEvidence(crossed?.learnt ?? null),
  }
}

function learntEvidence(learnt: LearntFrom | null): Pick<Evidence, 'learnt'> {
  if (learnt === null) return {}
  const { from, to, ...rest } = learnt
  const iso = (ms: number): string => new Date(ms).toISOString()
  return { learnt: { ...rest, from: iso(from), to: iso(to) } }
}
