import { arrowRows, type RowColumn } from './arrow-rows.ts'
import { constantTime } from './arrow-sparse-columns.ts'
import { arrowStream } from './arrow-stream.ts'
import type { Store } from './client.ts'

/** A refused message: where it came from, why it was refused, and what was sent. Times in epoch ms. */
export interface DeadLetter {
  readonly source: string
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** '' where the message did not say. */
  readonly model: string
  readonly reason: string
  readonly detail: string
  readonly raw: Buffer
  /** JSON of the message's headers; '' without any. */
  readonly headers: string
  /** The decoding that it was read by; '' for native records. */
  readonly decoding: string
  /** Id of its first event where the message gives none: the same whenever it is read. */
  readonly fallbackId: string
  readonly receivedAt: number
}

const letterColumns: readonly RowColumn<DeadLetter>[] = [
  ['source', 'category', (letter) => letter.source],
  ['topic', 'category', (letter) => letter.topic],
  ['partition', 'integer', (letter) => letter.partition],
  ['offset', 'count', (letter) => letter.offset],
  ['model', 'category', (letter) => letter.model],
  ['reason', 'category', (letter) => letter.reason],
  ['detail', 'text', (letter) => letter.detail],
  ['raw', 'bytes', (letter) => letter.raw],
  ['headers', 'text', (letter) => letter.headers],
  ['decoding', 'category', (letter) => letter.decoding],
  ['fallback_id', 'text', (letter) => letter.fallbackId],
  ['received_at', 'time', (letter) => letter.receivedAt],
]

/** Writes dead letters, or what has become of them: the row with the latest change counts. */
export async function insertDeadLetters(
  store: Pick<Store, 'insertArrow'>,
  letters: readonly DeadLetter[],
  { replayedAt, changedAt }: { readonly replayedAt: number | null; readonly changedAt: number },
): Promise<void> {
  if (letters.length === 0) return
  const columns = [
    ...arrowRows(letters, letterColumns),
    constantTime('changed_at', changedAt),
    ...(replayedAt === null ? [] : [constantTime('replayed_at', replayedAt)]),
  ]
  await store.insertArrow({
    table: 'dead_letters',
    columns: columns.map(({ name }) => name),
    arrow: arrowStream(columns, letters.length),
  })
}
