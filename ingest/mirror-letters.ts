import type { Clock } from '../core/clock.ts'
import type { Store } from '../store/client.ts'
import type { DeadLetter } from '../store/insert-dead-letters.ts'
import { insertMirroredLetters } from '../store/insert-mirrored-letters.ts'
import { deadLettersToMirror } from '../store/queries/dead-letters-mirror.ts'
import { headersOf } from './pairing.ts'
import type { MessageProducer, ProducedMessage } from './sources/kafka-ports.ts'

export interface MirrorDeps {
  readonly store: Pick<Store, 'query' | 'command'>
  readonly producer: Pick<MessageProducer, 'produce'>
  readonly topic: string
  readonly clock: Pick<Clock, 'now'>
}

const lettersAtOnce = 100
// Brokers take batches of a megabyte unless told otherwise, headers included.
const maxBatchBytes = 800_000
// How late a letter may be stored after the time it says, on another instance.
const overlapMs = 600_000

/**
 * Copies dead letters to a topic, at least once each: one is noted as copied after the brokers have it.
 * The letters themselves are what waits, so that a broker that is away holds up nothing else and
 * nothing is lost for as long as letters are kept. Answers the work of one look, which goes on until
 * nothing is left and throws what the store and the brokers throw.
 */
export function createLetterMirror({
  store,
  producer,
  topic,
  clock,
}: MirrorDeps): () => Promise<void> {
  let changedFrom = 0
  return async () => {
    const startedAt = clock.now()
    for (;;) {
      const letters = await store.query(deadLettersToMirror(changedFrom, lettersAtOnce))
      if (letters.length === 0) break
      for (const batch of batchesOf(letters)) {
        await producer.produce(topic, batch.map(mirrored))
        await insertMirroredLetters(store, batch, clock.now())
      }
    }
    changedFrom = Math.max(0, startedAt - overlapMs)
  }
}

function* batchesOf(letters: readonly DeadLetter[]): Generator<DeadLetter[]> {
  let batch: DeadLetter[] = []
  let bytes = 0
  for (const letter of letters) {
    const size = sizeOf(letter)
    if (batch.length > 0 && bytes + size > maxBatchBytes) {
      yield batch
      batch = []
      bytes = 0
    }
    batch.push(letter)
    bytes += size
  }
  if (batch.length > 0) yield batch
}

/** A generous estimate: detail and names are short. */
const sizeOf = ({ raw, headers, detail }: DeadLetter): number =>
  raw.length + 4 * (headers.length + detail.length) + 1000

/** The message as it came, and why it was refused. One that no broker would take comes without its bytes. */
export function mirrored(letter: DeadLetter): ProducedMessage {
  const { source, topic, partition, offset, reason, detail, raw } = letter
  const tooLarge = sizeOf(letter) > maxBatchBytes
  const told = {
    reason,
    detail: detail.slice(0, 10_000),
    source,
    topic,
    partition: String(partition),
    offset: String(offset),
    ...(tooLarge ? { 'left-out': String(raw.length) } : {}),
  }
  return {
    key: `${source}/${topic}/${partition}`,
    value: tooLarge ? null : raw,
    headers: new Map([
      ...(tooLarge ? [] : headersOf(letter.headers)),
      ...Object.entries(told).map(([name, value]) => [`tidegauge-${name}`, value] as const),
    ]),
  }
}
