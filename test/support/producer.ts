import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'

/** Anything with an id, in the native wire format. */
export interface ProducedEvent {
  readonly id: string
  readonly ts: string
}

/** A sender as guides ask for: it repeats a request, unchanged, until it is acknowledged. */
export interface Producer {
  /** Sends events in one request. Resolves once they are acknowledged. */
  send: (events: readonly ProducedEvent[]) => Promise<void>
  readonly acknowledged: ReadonlyMap<string, ProducedEvent>
  /** Requests that had to be repeated, counting every repetition. */
  readonly repeats: number
}

/** `url` is asked for before each attempt: a service that was restarted may listen elsewhere. */
export function createProducer(url: () => string, query = ''): Producer {
  const acknowledged = new Map<string, ProducedEvent>()
  let repeats = 0
  return {
    acknowledged,
    get repeats() {
      return repeats
    },
    send: async (events) => {
      const body = events.map((event) => JSON.stringify(event)).join('\n')
      while (!(await isTaken(`${url()}/v1/events${query}`, body, events.length))) {
        repeats += 1
        await sleep(100)
      }
      for (const event of events) acknowledged.set(event.id, event)
    },
  }
}

/** False where the same request must be sent again: nobody answered, or the answer says so. */
async function isTaken(url: string, body: string, count: number): Promise<boolean> {
  let status: number
  let text: string
  try {
    const headers = { 'content-type': 'application/x-ndjson' }
    const answer = await fetch(url, { method: 'POST', headers, body })
    status = answer.status
    text = await answer.text()
  } catch {
    // The connection broke, perhaps after the events were stored: nobody can know from here.
    return false
  }
  if (status === 429 || status === 503) return false
  if (status !== 200) throw new Error(`the service refused a request: ${status} ${text}`)
  const { accepted } = JSON.parse(text) as { accepted: number }
  if (accepted !== count) throw new Error(`${accepted} of ${count} events were accepted: ${text}`)
  return true
}

/** A number for a set of texts, whatever their order: the sum of their hashes, modulo 2^64. */
export function checksum(texts: Iterable<string>): string {
  let sum = 0n
  for (const text of texts) sum += createHash('sha256').update(text).digest().readBigUInt64BE()
  return BigInt.asUintN(64, sum).toString(16)
}
