import { arrowRows, type RowColumn } from './arrow-rows.ts'
import { constantTime } from './arrow-sparse-columns.ts'
import { arrowStream } from './arrow-stream.ts'
import type { Store } from './client.ts'

/** A message that holds half of an inference, as it waits for the other half. Times in epoch ms. */
export interface StoredHalf {
  readonly decoding: string
  readonly pair: string
  readonly side: 'request' | 'response'
  readonly sentAt: number
  readonly source: string
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly backfill: boolean
  /** JSON of the message's headers; '' without any. */
  readonly headers: string
  /** Id of its first event where the message gives none: the same whenever it is read. */
  readonly fallbackId: string
  readonly raw: Buffer
}

const halfColumns: readonly RowColumn<StoredHalf>[] = [
  ['decoding', 'category', (half) => half.decoding],
  ['pair', 'text', (half) => half.pair],
  ['side', 'category', (half) => half.side],
  ['sent_at', 'time', (half) => half.sentAt],
  ['source', 'category', (half) => half.source],
  ['topic', 'category', (half) => half.topic],
  ['partition', 'integer', (half) => half.partition],
  ['offset', 'count', (half) => half.offset],
  ['backfill', 'integer', (half) => Number(half.backfill)],
  ['headers', 'text', (half) => half.headers],
  ['fallback_id', 'text', (half) => half.fallbackId],
  ['raw', 'bytes', (half) => half.raw],
]

/** Writes halves, or that they were given up: the row with the latest change counts. Times in epoch ms. */
export async function insertHalves(
  store: Pick<Store, 'insertArrow'>,
  halves: readonly StoredHalf[],
  written: {
    readonly givenUp: boolean
    readonly changedAt: number
    readonly expiresAt: number
  },
): Promise<void> {
  if (halves.length === 0) return
  const columns = [
    ...arrowRows(halves, [...halfColumns, ['given_up', 'integer', () => Number(written.givenUp)]]),
    constantTime('changed_at', written.changedAt),
    constantTime('expires_at', written.expiresAt),
  ]
  await store.insertArrow({
    table: 'halves',
    columns: columns.map(({ name }) => name),
    arrow: arrowStream(columns, halves.length),
  })
}
