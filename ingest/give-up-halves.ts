import type { Clock } from '../core/clock.ts'
import type { Store } from '../store/client.ts'
import { insertDeadLetters } from '../store/insert-dead-letters.ts'
import { insertHalves, type StoredHalf } from '../store/insert-halves.ts'
import { eventsPresent } from '../store/queries/events-present.ts'
import { halvesOverdue } from '../store/queries/halves-overdue.ts'
import { halvesWaiting } from '../store/queries/halves-waiting.ts'
import type { ModelRegistry } from '../store/model-registry.ts'
import type { Half } from './formats/decoder.ts'
import type { IngestEvents } from './events.ts'
import type { MessageReader } from './message-reader.ts'
import { keptMs, messageOf } from './pairing.ts'

export interface GiveUpDeps {
  readonly store: Store
  readonly clock: Pick<Clock, 'now'>
  readonly messages: Pick<MessageReader, 'decode'>
  readonly registry: Pick<ModelRegistry, 'get'>
  readonly events: Pick<IngestEvents, 'halvesWaiting' | 'rejected'>
  /** How long a half waits, ms. */
  readonly timeoutMs: number
  /** Most halves that wait; beyond it the oldest are given up before their time. */
  readonly maxWaiting: number
}

const halvesAtOnce = 1000

/**
 * Gives up halves whose other half has not come in time: they become dead letters, from which they can
 * be sent in again. Any instance may do it, and several at once: the letters have one key.
 */
export async function giveUpHalves(deps: GiveUpDeps): Promise<number> {
  const { store, clock, events, timeoutMs, maxWaiting } = deps
  let total = 0
  for (;;) {
    const [{ waiting, oldest } = { waiting: 0, oldest: null }] = await store.query(halvesWaiting())
    events.halvesWaiting(waiting)
    const now = clock.now()
    const tooMany = waiting > maxWaiting
    if (!tooMany && (oldest === null || oldest >= now - timeoutMs)) return total
    const before = tooMany ? now : now - timeoutMs
    const limit = tooMany ? Math.min(halvesAtOnce, waiting - maxWaiting) : halvesAtOnce
    const overdue = await store.query(halvesOverdue({ before, limit }))
    if (overdue.length === 0) return total
    await giveUp(deps, overdue, tooMany ? `more than ${maxWaiting} halves wait` : null)
    total += overdue.length
  }
}

async function giveUp(
  { store, clock, messages, registry, events, timeoutMs }: GiveUpDeps,
  overdue: readonly StoredHalf[],
  why: string | null,
): Promise<void> {
  const now = clock.now()
  const letters = []
  for (const stored of overdue) {
    const half = await halfOf(messages, stored)
    // After a crash a half may come again whose event was written long ago.
    if (half !== null && (await isEvent({ store, registry }, half, timeoutMs))) continue
    const { decoding, headers, fallbackId, offset, partition, raw, sentAt, source, topic } = stored
    const other = stored.side === 'request' ? 'response' : 'request'
    const detail = `${why ?? `no ${other} came within ${timeoutMs / 1000} s`}: the ${stored.side} of ${JSON.stringify(stored.pair)} is alone`
    const position = { source, topic, partition, offset }
    const original = { raw, headers, decoding, fallbackId, receivedAt: sentAt }
    letters.push({
      ...position,
      ...original,
      model: half?.model ?? '',
      reason: 'unpaired' as const,
      detail,
    })
  }
  await insertDeadLetters(store, letters, { replayedAt: null, changedAt: now })
  await insertHalves(store, overdue, {
    givenUp: true,
    changedAt: now,
    expiresAt: now + timeoutMs + keptMs,
  })
  for (const { reason } of letters) events.rejected(reason)
}

async function halfOf(messages: GiveUpDeps['messages'], stored: StoredHalf): Promise<Half | null> {
  const decoded = await messages.decode(messageOf(stored))
  return decoded.kind === 'half' ? decoded.half : null
}

async function isEvent(
  { store, registry }: Pick<GiveUpDeps, 'store' | 'registry'>,
  { model, id, ts }: Half,
  spanMs: number,
): Promise<boolean> {
  if (registry.get(model) === undefined) return false
  const range = { from: ts - spanMs, to: ts + spanMs }
  const present = await store.query(eventsPresent(model, [id, `${id}#0`], range))
  return present.length > 0
}
