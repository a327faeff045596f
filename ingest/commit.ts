import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../core/errors.ts'
import type { Clock } from '../core/clock.ts'
import { traced } from '../core/tracing.ts'
import { uuidV7 } from '../core/uuid.ts'
import type { Store } from '../store/client.ts'
import { insertDeadLetters } from '../store/insert-dead-letters.ts'
import { insertLedgerRows, type LedgerRow } from '../store/insert-ledger-rows.ts'
import type { EventColumns } from './event-columns.ts'
import type { IngestEvents } from './events.ts'
import type { OpenBatch } from './open-batch.ts'
import type { OutlierScorers } from './outlier-scorers.ts'
import type { Pairing } from './pairing.ts'
import { scoreOutliers } from './score-outliers.ts'
import type { Segment } from './segment.ts'

export interface CommitDeps {
  readonly store: Store
  readonly clock: Clock
  readonly events: IngestEvents
  /** How long an unavailable store is tried again before the batch is given up, ms. */
  readonly patienceMs: number
  readonly pairing: Pairing
  /** Left out: nothing is scored. */
  readonly outliers?: OutlierScorers
}

/**
 * Makes a batch durable: halves, dead letters, events, labels, and last its ledger rows. Once this returns,
 * every message of the batch is stored; if it throws, the senders must send again, which is harmless
 * because events replace each other by id. A crash before the ledger rows leaves events that nobody
 * was told of: the sender's retry writes them once more and then their ledger rows.
 */
export async function commitBatch(deps: CommitDeps, batch: OpenBatch): Promise<void> {
  const attributes = { messages: batch.places, bytes: batch.bytes }
  const links = batch.traces.list()
  await traced('commit batch', { attributes, links }, () => write(deps, batch))
}

async function write(deps: CommitDeps, batch: OpenBatch): Promise<void> {
  const started = deps.clock.monotonic()
  const giveUpAt = started + deps.patienceMs
  const attempt = <T>(operation: string, work: () => Promise<T>): Promise<T> =>
    withRetries(deps, operation, giveUpAt, work)
  let inserts = 1
  if (batch.held.length > 0) {
    const partners = await attempt('halves', () => deps.pairing.store(batch, deps.clock.now()))
    await deps.pairing.complete(batch, partners)
    inserts++
  }
  if (batch.refused.length > 0) {
    await attempt('dead letters', () => insertRefused(deps, batch))
    inserts++
  }
  for (const columns of batch.events.values()) {
    if (columns.rows === 0) continue
    await attempt('outlier models', () => score(deps, columns))
    const insert = columns.toInsert(deps.clock.now())
    await attempt('events', () => deps.store.insertArrow(insert))
    columns.release()
    inserts++
  }
  if (batch.labels.rows > 0) {
    const insert = batch.labels.toInsert(deps.clock.now())
    await attempt('labels', () => deps.store.insertArrow(insert))
    inserts++
  }
  await attempt('ledger', () => insertSegments(deps, batch.segments))
  report(deps, batch, { inserts, seconds: (deps.clock.monotonic() - started) / 1000 })
}

async function score({ outliers, clock }: CommitDeps, columns: EventColumns): Promise<void> {
  const scorer = await outliers?.of(columns.spec.model)
  if (scorer !== undefined && scorer !== null) await scoreOutliers(columns, scorer, clock)
}

function report(
  { events }: CommitDeps,
  batch: OpenBatch,
  facts: { inserts: number; seconds: number },
): void {
  let rows = 0
  let labels = 0
  for (const { origin, touched } of batch.segments) {
    for (const [model, { rows: stored, labels: told }] of touched) {
      if (stored > 0) events.accepted(model, origin.source, stored)
      if (told > 0) events.labelled(origin.source, told)
      rows += stored
      labels += told
    }
  }
  for (const { rejection } of batch.refused) events.rejected(rejection.reason)
  events.committed({ rows, labels, rejected: batch.refused.length, ...facts })
}

async function insertRefused({ store, clock }: CommitDeps, { refused }: OpenBatch): Promise<void> {
  const letters = refused.map(({ segment, place, rejection, ...original }) => ({
    source: segment.origin.source,
    topic: segment.origin.topic,
    partition: segment.origin.partition,
    offset: segment.first + place,
    model: original.model,
    reason: rejection.reason,
    detail: rejection.detail,
    raw: original.raw,
    headers: original.headers,
    decoding: original.decoding,
    fallbackId: original.fallbackId,
    receivedAt: original.timestamp,
  }))
  await insertDeadLetters(store, letters, { replayedAt: null, changedAt: clock.now() })
}

/** `inserted_at` is taken anew on each attempt: the monitor reads the ledger by it, a little way back. */
async function insertSegments(
  { store, clock }: CommitDeps,
  segments: readonly Segment[],
): Promise<void> {
  const insertedAt = clock.now()
  const rows = segments.filter(({ places }) => places > 0).map((s) => ledgerRow(s, insertedAt))
  await insertLedgerRows(store, rows)
}

function ledgerRow(segment: Segment, insertedAt: number): LedgerRow {
  const { origin, first, last, messages, taken, refused, held, skipped, absent, lost } = segment
  return {
    ...origin,
    first,
    last,
    batchId: uuidV7(insertedAt),
    messages,
    taken,
    rejected: refused,
    held,
    skipped,
    absent,
    lost,
    touched: [...segment.touched].map(([model, touched]) => ({
      model,
      rows: touched.rows,
      labels: touched.labels,
      maxEventTime: touched.rows === 0 ? 0 : touched.maxEventTime,
      windows: [...touched.windows].sort((a, b) => a - b),
    })),
    insertedAt,
  }
}

/** Tries again while the store may come back: doubling pauses, up to the batch's deadline. */
async function withRetries<T>(
  { clock, events }: CommitDeps,
  operation: string,
  giveUpAt: number,
  work: () => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      const pause = Math.min(100 * 2 ** (attempt - 1), 5_000)
      if (!(error instanceof AppError) || !error.retryable || clock.monotonic() + pause > giveUpAt)
        throw error
      events.retried(operation, attempt, error)
      await sleep(pause)
    }
  }
}
