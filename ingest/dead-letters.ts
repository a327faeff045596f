import type { Clock } from '../core/clock.ts'
import type { Store } from '../store/client.ts'
import { insertDeadLetters, type DeadLetter } from '../store/insert-dead-letters.ts'
import {
  deadLettersToReplay,
  type DeadLetterSelection,
} from '../store/queries/dead-letters-replay.ts'
import type { Intake } from './intake.ts'
import { headersOf } from './pairing.ts'

export interface ReplayDeps {
  readonly store: Store
  readonly intake: Pick<Intake, 'receive'>
  readonly clock: Pick<Clock, 'now'>
}

export interface ReplayResult {
  readonly replayed: number
  readonly accepted: number
  readonly rejected: number
}

/** Letters sent in at a time: together they share a batch. */
const lettersAtOnce = 500

/**
 * Sends dead letters in again, as they were and as of when they first came; those that are refused
 * again become new dead letters. Each has one id through all replays, so replaying twice counts once.
 * A letter is marked as replayed after its event is stored: a crash in between replays it again.
 */
export async function replayDeadLetters(
  deps: ReplayDeps,
  selection: DeadLetterSelection,
  models: readonly string[] | null,
): Promise<ReplayResult> {
  const total = { replayed: 0, accepted: 0, rejected: 0 }
  for (;;) {
    const letters = await deps.store.query(deadLettersToReplay(selection, lettersAtOnce))
    if (letters.length === 0) return total
    const answers = await Promise.all(letters.map(async (letter) => send(deps, letter, models)))
    for (const { accepted, rejected } of answers) {
      total.accepted += accepted
      total.rejected += rejected.length
    }
    total.replayed += letters.length
    const now = deps.clock.now()
    await insertDeadLetters(deps.store, letters, { replayedAt: now, changedAt: now })
  }
}

function send(
  { intake }: ReplayDeps,
  letter: DeadLetter,
  models: readonly string[] | null,
): ReturnType<Intake['receive']> {
  const { source, topic, partition, offset, raw, headers, decoding, receivedAt } = letter
  const request = {
    idempotencyKey: null,
    fallbackId: letter.fallbackId || `${source}:${topic}:${partition}:${offset}`,
    backfill: true,
    models,
    receivedAt,
  }
  if (decoding !== '') {
    const format = { decoding, headers: headersOf(headers), lines: false }
    return intake.receive({ ...request, body: raw, format })
  }
  // A line break inside a record is white space between tokens; as NDJSON it would end the record.
  const text = raw.toString('utf8').replaceAll(/[\r\n]+/g, ' ')
  return intake.receive({ ...request, body: Buffer.from(text) })
}
