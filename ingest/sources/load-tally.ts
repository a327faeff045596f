import type { RejectReason } from '../../core/names.ts'
import type { FileRecord } from './file-records.ts'

export interface RejectionExample {
  readonly count: number
  /** Of the first one, from 1: see `places`. */
  readonly place: number
  readonly detail: string
  /** How the first one begins. */
  readonly text: string
}

export interface LoadSummary {
  /** Name of this load in the ledger and the dead letters. */
  readonly topic: string
  /** Records that this run read for the first time. */
  readonly records: number
  readonly accepted: number
  readonly rejected: number
  /** Records that an earlier run had stored. */
  readonly skipped: number
  /** Broken off by the caller: there may be more. */
  readonly interrupted: boolean
  readonly places: 'line' | 'row'
  /** Most frequent first. */
  readonly reasons: readonly (RejectionExample & { readonly reason: RejectReason })[]
}

const exampleChars = 160

/** Counts what became of the records of a load, and keeps one example a reason. */
export class LoadTally {
  records = 0
  rejected = 0
  readonly #reasons = new Map<RejectReason, RejectionExample>()

  count(
    { text, place }: FileRecord,
    rejection: { readonly reason: RejectReason; readonly detail: string } | null,
  ): void {
    this.records++
    if (rejection === null) return
    this.rejected++
    const { reason, detail } = rejection
    const known = this.#reasons.get(reason)
    this.#reasons.set(
      reason,
      known === undefined
        ? { count: 1, place, detail, text: text.slice(0, exampleChars) }
        : { ...known, count: known.count + 1 },
    )
  }

  summary(facts: Pick<LoadSummary, 'topic' | 'skipped' | 'interrupted' | 'places'>): LoadSummary {
    const reasons = [...this.#reasons].map(([reason, example]) => ({ reason, ...example }))
    return {
      ...facts,
      records: this.records,
      accepted: this.records - this.rejected,
      rejected: this.rejected,
      reasons: reasons.sort((a, b) => b.count - a.count),
    }
  }
}
