import { environment } from '../core/config.ts'
import { resolveSecret } from '../core/secrets.ts'
import { createLetterMirror } from '../ingest/mirror-letters.ts'
import { createProducer } from '../ingest/sources/kafka.ts'
import { every } from './every.ts'
import type { Shared } from './shared.ts'

/** Pause between two looks for letters that are not in the mirror topic. */
const mirrorMs = 2_000

/**
 * Copies dead letters to `kafka.dead_letters` until the signal, as long as `owns`: one process of
 * several. Brokers that are away are tried again.
 */
export async function mirrorDeadLetters(
  { config, store, clock, log }: Shared,
  owns: () => boolean,
  signal: AbortSignal,
): Promise<void> {
  const { deadLetters, clusters, topicsRefreshMs } = config.kafka
  const cluster = clusters[deadLetters?.cluster ?? '']
  if (deadLetters === undefined || cluster === undefined) return
  const producer = createProducer({
    cluster,
    refreshMs: topicsRefreshMs,
    secret: (reference) => resolveSecret(reference, environment()).reveal(),
    log,
  })
  const { topic } = deadLetters
  const mirror = createLetterMirror({ store, producer, topic, clock })
  const work = async (): Promise<void> => (owns() ? mirror() : undefined)
  try {
    await every(mirrorMs, work, { signal, log, what: 'copy dead letters to the mirror topic' })
  } finally {
    await producer.close()
  }
}
