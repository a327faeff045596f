import type { Store } from './client.ts'
import { insertRows } from './insert-rows.ts'

/** One batch's run of offsets of one partition, and what has become of its messages. Times in epoch ms. */
export interface LedgerRow {
  readonly source: string
  readonly topic: string
  readonly partition: number
  readonly first: number
  readonly last: number
  readonly batchId: string
  readonly messages: number
  readonly taken: number
  readonly rejected: number
  readonly held: number
  readonly skipped: number
  readonly absent: number
  readonly lost: number
  readonly touched: readonly {
    readonly model: string
    readonly rows: number
    readonly labels: number
    readonly maxEventTime: number
    readonly windows: readonly number[]
  }[]
  readonly insertedAt: number
}

const columns = [
  'source',
  'topic',
  'partition',
  'first_offset',
  'last_offset',
  'batch_id',
  'messages',
  'taken',
  'rejected',
  'held',
  'skipped',
  'absent',
  'lost',
  'rows',
  'labels',
  'touched.model',
  'touched.rows',
  'touched.labels',
  'touched.max_event_time',
  'touched.windows',
  'inserted_at',
] as const

/** Writes the rows of one batch, all in one insert: one a partition. */
export async function insertLedgerRows(
  store: Pick<Store, 'command'>,
  rows: readonly LedgerRow[],
): Promise<void> {
  await insertRows(
    store,
    'ledger',
    columns,
    rows.map((row) => [
      row.source,
      row.topic,
      row.partition,
      row.first,
      row.last,
      row.batchId,
      row.messages,
      row.taken,
      row.rejected,
      row.held,
      row.skipped,
      row.absent,
      row.lost,
      row.touched.reduce((sum, { rows: n }) => sum + n, 0),
      row.touched.reduce((sum, { labels }) => sum + labels, 0),
      row.touched.map(({ model }) => model),
      row.touched.map(({ rows: n }) => n),
      row.touched.map(({ labels }) => labels),
      row.touched.map(({ maxEventTime }) => new Date(maxEventTime)),
      row.touched.map(({ windows }) => windows.map((ms) => new Date(ms))),
      new Date(row.insertedAt),
    ]),
  )
}
