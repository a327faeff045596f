import type { TransitionRow } from '../store/queries/transitions-row.ts'
import { withoutExplanation } from './evidence.ts'

/** A transition as just computed: when it was first stored is the store's to say. */
export type ComputedTransition = Omit<TransitionRow, 'valid' | 'createdAt' | 'changedAt'>

export interface Reconciled {
  /** Rows to store: new, changed and withdrawn ones. */
  readonly writes: readonly TransitionRow[]
  /** What holds now, oldest first. */
  readonly valid: readonly TransitionRow[]
  /** Ids in `valid` that did not hold before. */
  readonly fresh: ReadonlySet<string>
}

/**
 * Compares what is stored of one series with what its windows now say. Both cover the same windows.
 * One row a window: a transition to another state in the same window replaces the row and is a
 * transition of its own; one that never happened is kept, marked as not valid.
 */
export function reconcile(
  stored: readonly TransitionRow[],
  computed: readonly ComputedTransition[],
  now: number,
): Reconciled {
  const storedAt = new Map(stored.map((row) => [row.windowStart, row]))
  const writes: TransitionRow[] = []
  const valid: TransitionRow[] = []
  const fresh = new Set<string>()
  for (const transition of computed) {
    const old = storedAt.get(transition.windowStart)
    storedAt.delete(transition.windowStart)
    const same = old?.transitionId === transition.transitionId
    const row: TransitionRow = {
      ...transition,
      valid: true,
      createdAt: same ? old.createdAt : now,
      changedAt: after(old, now),
    }
    if (!(same && old.valid)) fresh.add(row.transitionId)
    const unchanged = same && isUnchanged(old, row)
    if (!unchanged) writes.push(row)
    valid.push(unchanged ? old : row)
  }
  for (const old of storedAt.values()) {
    if (old.valid) writes.push({ ...old, valid: false, changedAt: after(old, now) })
  }
  return { writes, valid, fresh }
}

/** The greatest change wins in the table, so a clock that was set back must not hide this one. */
const after = (old: TransitionRow | undefined, now: number): number =>
  old === undefined ? now : Math.max(now, old.changedAt + 1)

const isUnchanged = (old: TransitionRow, row: TransitionRow): boolean =>
  old.valid &&
  old.from === row.from &&
  old.revision === row.revision &&
  old.windowEnd === row.windowEnd &&
  // What explains a breach is added once it is known that there is one.
  (old.evidence === row.evidence || withoutExplanation(old.evidence) === row.evidence)
