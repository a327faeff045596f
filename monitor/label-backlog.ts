/** Batches that brought labels, oldest first by when their ledger rows were written: epoch ms. */
export interface LabelBatches {
  readonly oldest: number
  readonly newest: number
}

/** Labels looked up at a time: their ids are in memory together. */
const labelsAtOnce = 500_000

/**
 * Labels of one model whose windows are not known yet: how many came, by the millisecond of their
 * ledger row.
 */
export class LabelBacklog {
  readonly #labels = new Map<number, number>()

  /** `at`: when the batch's ledger row was written, epoch ms. */
  add(at: number, labels: number): void {
    this.#labels.set(at, (this.#labels.get(at) ?? 0) + labels)
  }

  get isEmpty(): boolean {
    return this.#labels.size === 0
  }

  /** Infinity where nothing waits. */
  get oldest(): number {
    let oldest = Infinity
    for (const at of this.#labels.keys()) oldest = Math.min(oldest, at)
    return oldest
  }

  /** The oldest batches, about half a million labels or one batch; null where nothing waits. */
  next(): LabelBatches | null {
    const batches = [...this.#labels].sort(([a], [b]) => a - b)
    const [first] = batches
    if (first === undefined) return null
    let labels = 0
    let newest = first[0]
    for (const [at, count] of batches) {
      labels += count
      if (labels > labelsAtOnce) break
      newest = at
    }
    return { oldest: first[0], newest }
  }

  /** The windows of these are known. */
  done({ newest }: LabelBatches): void {
    for (const at of this.#labels.keys()) if (at <= newest) this.#labels.delete(at)
  }

  /** Nobody asks for what labels tell. */
  clear(): void {
    this.#labels.clear()
  }
}
