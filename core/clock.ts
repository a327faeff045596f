/** Where time comes from, so that tests can bring their own. */
export interface Clock {
  /** Epoch milliseconds. May jump when the machine's clock is set. */
  now: () => number
  /** Milliseconds since an arbitrary start; never goes back. For durations and deadlines. */
  monotonic: () => number
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
}
