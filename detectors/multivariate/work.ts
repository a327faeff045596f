/**
 * A long calculation that pauses now and then, so that its caller may do
 * something else in between: it answers when it is taken to its end, and the
 * same inputs give the same answer however long the pauses are.
 */
export type Work<T> = Generator<undefined, T, undefined>

/** Takes a calculation to its end at once. */
export function finished<T>(work: Work<T>): T {
  for (;;) {
    const step = work.next()
    if (step.done === true) return step.value
  }
}
