import type { Clock } from '../../core/clock.ts'

/** A clock that stands still until a test moves it. */
export class ManualClock implements Clock {
  #now: number
  #monotonic = 0

  /** `start`: epoch milliseconds. */
  constructor(start = Date.UTC(2026, 0, 1)) {
    this.#now = start
  }

  readonly now = (): number => this.#now

  readonly monotonic = (): number => this.#monotonic

  /** Time passes. */
  advance(ms: number): void {
    if (ms < 0) throw new RangeError('time does not pass backwards: use jump()')
    this.#now += ms
    this.#monotonic += ms
  }

  /** Somebody sets the machine's clock: wall time changes and no time passes. */
  jump(ms: number): void {
    this.#now += ms
  }
}
