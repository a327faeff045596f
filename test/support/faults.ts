/** How the test server misbehaves on one request. */
export type Fault =
  /** An answer that is not ClickHouse's, such as a proxy's 503. */
  | { readonly kind: 'status'; readonly status: number }
  /** An exception as ClickHouse sends it: status, header and text. */
  | { readonly kind: 'exception'; readonly code: number; readonly type: string }
  /** Answers rightly, but late. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** Never answers; the connection stays open. */
  | { readonly kind: 'hang' }
  /** Closes the connection instead of answering. */
  | { readonly kind: 'reset' }
  /** Sends the head and so many bytes of the answer, then closes the connection. */
  | { readonly kind: 'truncate'; readonly afterBytes: number }
  /** Sends the head and so many bytes of the answer, then nothing any more. */
  | { readonly kind: 'stall'; readonly afterBytes: number }
  /** Sends so many bytes every ten milliseconds. */
  | { readonly kind: 'drip'; readonly bytes: number }
  /** Says 200, and then, in the body, that it failed. */
  | { readonly kind: 'late-exception'; readonly code: number; readonly type: string }

export interface FaultRule {
  readonly fault: Fault
  /** How many requests it hits. Default 1. */
  readonly times?: number
  /** Only statements that this regular expression finds, case not minded. Default: all. */
  readonly match?: string
  /**
   * True: the statement takes effect and only its answer is lost, which a client cannot tell from
   * a statement that never ran. Faults within an answer always run the statement.
   */
  readonly executed?: boolean
}

/** Faults to come, first in first out; each request takes at most one. */
export class FaultPlan {
  #rules: { rule: FaultRule; left: number }[] = []

  add(rule: FaultRule): void {
    this.#rules.push({ rule, left: rule.times ?? 1 })
  }

  clear(): void {
    this.#rules = []
  }

  /** Requests that are still to be hit. */
  get pending(): number {
    return this.#rules.reduce((total, { left }) => total + left, 0)
  }

  take(sql: string): FaultRule | null {
    const found = this.#rules.find(({ rule }) => new RegExp(rule.match ?? '', 'i').test(sql))
    if (found === undefined) return null
    found.left -= 1
    if (found.left <= 0) this.#rules = this.#rules.filter((other) => other !== found)
    return found.rule
  }
}
