import type { Store } from '../store/client.ts'
import { ledgerTouches, type LedgerTouch } from '../store/queries/ledger-touches.ts'

/** Ledger rows read at a time. */
const pageRows = 10_000

/**
 * Reads the ledger as it grows, each row once. Rows are written by other processes with clocks of
 * their own and may become visible late, so every look begins a little before the newest row seen.
 */
export class LedgerReader {
  readonly #store: Store
  readonly #overlapMs: number
  /** Rows of the overlap by batch and model, with when they were written. */
  readonly #seen = new Map<string, number>()
  #readTo: number

  /** `from`: where to begin, epoch ms. */
  constructor(store: Store, overlapMs: number, from: number) {
    this.#store = store
    this.#overlapMs = overlapMs
    this.#readTo = from
  }

  /** Everything written before this instant has been read. Epoch ms. */
  get settledTo(): number {
    return this.#readTo - this.#overlapMs
  }

  /** What one model's batches did is read again from an earlier instant on. */
  rewind(model: string, to: number): void {
    this.#readTo = Math.min(this.#readTo, to)
    for (const key of this.#seen.keys()) if (key.endsWith(`\n${model}`)) this.#seen.delete(key)
  }

  async readNew(): Promise<LedgerTouch[]> {
    const fresh: LedgerTouch[] = []
    let since = Math.max(0, this.settledTo)
    for (;;) {
      const page = await this.#store.query(ledgerTouches(since, pageRows))
      fresh.push(...page.filter((touch) => this.#isNew(touch)))
      const last = page.at(-1)?.insertedAt ?? since
      if (page.length < pageRows || last === since) break
      since = last
    }
    this.#forget()
    return fresh
  }

  #isNew({ batchId, model, insertedAt }: LedgerTouch): boolean {
    const key = `${batchId}\n${model}`
    if (this.#seen.has(key)) return false
    this.#seen.set(key, insertedAt)
    this.#readTo = Math.max(this.#readTo, insertedAt)
    return true
  }

  #forget(): void {
    for (const [key, at] of this.#seen) {
      if (at < this.settledTo - this.#overlapMs) this.#seen.delete(key)
    }
  }
}
