import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../core/errors.ts'
import type { Clock } from '../core/clock.ts'
import { insertDeadLetters } from '../store/insert-dead-letters.ts'
import { insertRows } from '../store/insert-rows.ts'
import type { Store } from '../store/client.ts'
import { uuidV7 } from '../core/uuid.ts'
import type { Origin } from './event-columns.ts'
import type { IngestEvents } from './events.ts'
import type { OpenBatch } from './open-batch.ts'

export interface CommitDeps {
  readonly store: Store
  readonly clock: Clock
  readonly events: IngestEvents
  /** How long an unavailable store is tried again before the batch is given up, ms. */
  readonly patienceMs: number
}

/**
 * Makes a batch durable: dead letters, events, labels, and last its ledger row. Once this returns,
 * every record of the batch is stored; if it throws, the senders must send again, which is harmless
 * because events replace each other by id. A crash before the ledger row leaves events that nobody
 * was told of: the sender's retry writes them once more and then their ledger row.
 */
export async function commitBatch(
  deps: CommitDeps,
  batch: OpenBatch,
  origin: Origin,
  firstOffset: number,
): Promise<void> {
  const started = deps.clock.monotonic()
  const giveUpAt = started + deps.patienceMs
  const write = (operation: string, work: () => Promise<void>): Promise<void> =>
    withRetries(deps, operation, giveUpAt, work)
  let inserts = 1
  if (batch.rejected.length > 0) {
    await write('dead letters', () => insertRejected(deps, batch, origin, firstOffset))
    inserts++
  }
  for (const columns of batch.events.values()) {
    if (columns.rows === 0) continue
    const insert = columns.toInsert(origin, firstOffset, deps.clock.now())
    await write('events', () => deps.store.insertArrow(insert))
    inserts++
  }
  if (batch.labels.rows > 0) {
    const insert = batch.labels.toInsert(deps.clock.now())
    await write('labels', () => deps.store.insertArrow(insert))
    inserts++
  }
  await write('ledger', () => insertLedgerRow(deps, batch, origin, firstOffset))
  report(deps, batch, origin, { inserts, seconds: (deps.clock.monotonic() - started) / 1000 })
}

function report(
  { events }: CommitDeps,
  batch: OpenBatch,
  { source }: Origin,
  facts: { inserts: number; seconds: number },
): void {
  let rows = 0
  for (const [model, columns] of batch.events) {
    events.accepted(model, source, columns.rows)
    rows += columns.rows
  }
  for (const { reason } of batch.rejected) events.rejected(reason)
  events.committed({
    source,
    rows,
    labels: batch.labels.rows,
    rejected: batch.rejected.length,
    ...facts,
  })
}

async function insertRejected(
  { store, clock }: CommitDeps,
  { rejected }: OpenBatch,
  origin: Origin,
  firstOffset: number,
): Promise<void> {
  const receivedAt = clock.now()
  const letters = rejected.map(({ place, ...why }) => ({
    ...origin,
    ...why,
    offset: firstOffset + place,
    receivedAt,
  }))
  await insertDeadLetters(store, letters, { replayedAt: null, changedAt: receivedAt })
}

/** `inserted_at` is taken anew on each attempt: the monitor reads the ledger by it, a little way back. */
async function insertLedgerRow(
  { store, clock }: CommitDeps,
  batch: OpenBatch,
  origin: Origin,
  firstOffset: number,
): Promise<void> {
  const touched = [...batch.events.values()].filter(({ rows }) => rows > 0)
  const labelled = [...batch.labels.perModel.keys()].filter(
    (model) => !touched.some(({ spec }) => spec.model === model),
  )
  const models = [...touched.map(({ spec }) => spec.model), ...labelled]
  const rows = touched.map((columns) => columns.rows)
  await insertRows(
    store,
    'ledger',
    [
      'source',
      'topic',
      'partition',
      'first_offset',
      'last_offset',
      'batch_id',
      'rows',
      'labels',
      'rejected',
      'touched.model',
      'touched.rows',
      'touched.labels',
      'touched.max_event_time',
      'touched.windows',
      'inserted_at',
    ],
    [
      [
        origin.source,
        origin.topic,
        origin.partition,
        firstOffset,
        firstOffset + batch.records - 1,
        uuidV7(clock.now()),
        rows.reduce((sum, n) => sum + n, 0),
        batch.labels.rows,
        batch.rejected.length,
        models,
        models.map((_, i) => rows[i] ?? 0),
        models.map((model) => batch.labels.perModel.get(model) ?? 0),
        models.map((_, i) => new Date(touched[i]?.maxEventTime ?? 0)),
        models.map((_, i) =>
          [...(touched[i]?.windows ?? [])].sort((a, b) => a - b).map((ms) => new Date(ms)),
        ),
        new Date(clock.now()),
      ],
    ],
  )
}

/** Tries again while the store may come back: doubling pauses, up to the batch's deadline. */
async function withRetries(
  { clock, events }: CommitDeps,
  operation: string,
  giveUpAt: number,
  work: () => Promise<void>,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await work()
      return
    } catch (error) {
      const pause = Math.min(100 * 2 ** (attempt - 1), 5_000)
      if (!(error instanceof AppError) || !error.retryable || clock.monotonic() + pause > giveUpAt)
        throw error
      events.retried(operation, attempt, error)
      await sleep(pause)
    }
  }
}
