import { setImmediate as breathe } from 'node:timers/promises'

/** How long a calculation has the process for itself, ms: requests wait no longer for it than this and a step. */
export const sliceMs = 10

/**
 * Takes a calculation to its end a slice of time at a go, so that whatever else the process does goes
 * on in between. What it answers does not depend on the time that it takes.
 */
export async function inTimeSlices<T>(work: Generator<undefined, T, undefined>): Promise<T> {
  for (;;) {
    const until = performance.now() + sliceMs
    do {
      const step = work.next()
      if (step.done === true) return step.value
    } while (performance.now() < until)
    await breathe()
  }
}
