/**
 * A queue of one: each piece of work starts when the one before it has ended, well or badly.
 * Answers what the work answers.
 */
export function createTurns(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const result = last.then(work)
    last = result.catch(() => undefined)
    return result
  }
}
