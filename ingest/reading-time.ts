import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '../core/clock.ts'

/** How long reading may keep the event loop to itself, ms. */
const sliceMs = 10

/** Lets others have the event loop now and then: call it once a record, await it where it says so. */
export function readingTime(clock: Pick<Clock, 'monotonic'>): () => Promise<void> | null {
  let sliceEnd = clock.monotonic() + sliceMs
  let records = 0
  return () => {
    records++
    if ((records & 127) !== 0 || clock.monotonic() <= sliceEnd) return null
    return nextTurn().then(() => {
      sliceEnd = clock.monotonic() + sliceMs
    })
  }
}
