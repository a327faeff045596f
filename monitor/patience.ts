/** Pauses between two looks at baselines that wait: doubling between these, ms. */
const firstPauseMs = 1_000
const longestPauseMs = 60_000

interface Look {
  readonly until: number
  readonly pauseMs: number
  /** The model had bins: only what is nice to have waits. */
  readonly bins: boolean
}

/**
 * How often a model whose baselines wait is looked at. Each look is several queries, and a service
 * may hold a thousand models that wait for their first day. A model with bins whose windows are due is
 * never kept waiting.
 */
export class Patience {
  readonly #looks = new Map<string, Look>()
  readonly #monotonic: () => number

  /** `monotonic` in ms. */
  constructor(monotonic: () => number) {
    this.#monotonic = monotonic
  }

  mayLook(model: string, hasDueWindows: boolean): boolean {
    const last = this.#looks.get(model)
    return last === undefined || (last.bins && hasDueWindows) || this.#monotonic() >= last.until
  }

  /** `complete`: nothing waits any more. */
  looked(model: string, { bins, complete }: { bins: boolean; complete: boolean }): void {
    const last = this.#looks.get(model)
    if (complete) {
      this.#looks.delete(model)
      return
    }
    const pauseMs = Math.min(2 * (last?.pauseMs ?? firstPauseMs / 2), longestPauseMs)
    this.#looks.set(model, { until: this.#monotonic() + pauseMs, pauseMs, bins })
  }
}
