import type { Store } from './client.ts'
import { insertRows } from './insert-rows.ts'

/** A refused record: where it came from, why it was refused, and what was sent. Times in epoch ms. */
export interface DeadLetter {
  readonly source: string
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** '' where the record did not say. */
  readonly model: string
  readonly reason: string
  readonly detail: string
  readonly raw: string
  readonly receivedAt: number
}

const columns = [
  'source',
  'topic',
  'partition',
  'offset',
  'model',
  'reason',
  'detail',
  'raw',
  'received_at',
  'replayed_at',
  'changed_at',
] as const

/** Writes dead letters, or what has become of them: the row with the latest change counts. */
export async function insertDeadLetters(
  store: Pick<Store, 'command'>,
  letters: readonly DeadLetter[],
  { replayedAt, changedAt }: { readonly replayedAt: number | null; readonly changedAt: number },
): Promise<void> {
  await insertRows(
    store,
    'dead_letters',
    columns,
    letters.map((l) => [
      l.source,
      l.topic,
      l.partition,
      l.offset,
      l.model,
      l.reason,
      l.detail,
      l.raw,
      new Date(l.receivedAt),
      replayedAt === null ? null : new Date(replayedAt),
      new Date(changedAt),
    ]),
  )
}
