import { createHash } from 'node:crypto'
import { durationMs } from '../core/duration.ts'
import type { ActionSpec } from '../core/model-spec.ts'
import type { DeliveryRow } from '../store/queries/deliveries-row.ts'
import type { SeriesHistory } from './evaluate-monitor.ts'
import { messageBody } from './message.ts'
import { noticesFor, type Notice, type Told } from './notices.ts'
import type { MonitorPolicy } from './policy.ts'
import type { Explainer } from './ports.ts'

export interface PlanInput {
  readonly model: string
  readonly policy: MonitorPolicy
  readonly configRevision: number
  readonly actions: ReadonlyMap<string, ActionSpec>
  readonly histories: readonly SeriesHistory[]
  /** What an action was told about a series, by `toldKey`. */
  readonly told: ReadonlyMap<string, Told>
  /** When each action of the model last fired, epoch ms. */
  readonly lastFiring: ReadonlyMap<string, number>
  readonly now: number
  readonly links?: Readonly<Record<string, string>>
  readonly rank?: Explainer['rank']
}

export const toldKey = (action: string, seriesId: string): string => `${seriesId} ${action}`

/**
 * The deliveries that an evaluation calls for, in the order they must arrive: of each action one a
 * window for all series that fire and one for all that are resolved, however many. Ids follow from
 * content, so planning twice gives the same rows. Cancelled ones are planned too: they keep a
 * suppressed alert from being told again.
 */
export function planDeliveries(input: PlanInput): DeliveryRow[] {
  const planned: DeliveryRow[] = []
  for (const name of input.policy.actions) {
    const action = input.actions.get(name)
    if (action === undefined) continue
    let lastFiring = input.lastFiring.get(name)
    for (const group of groups(input, name)) {
      const cooling = group.kind === 'firing' && isCooling(action, lastFiring, input.now)
      // One millisecond apart: the order they are sent in is that of `created_at`.
      const createdAt = input.now + planned.length
      const row = deliveryOf(input, { name, action, group, createdAt, cooling })
      if (group.kind === 'firing' && row.state === 'pending') lastFiring = input.now
      planned.push(row)
    }
  }
  return planned
}

/** The webhook-id: of these transitions to this action, whenever and by whomever it is planned. */
export function deliveryId(action: string, transitionIds: readonly string[]): string {
  const text = JSON.stringify([action, ...transitionIds.toSorted()])
  return `msg_${createHash('sha256').update(text).digest('hex').slice(0, 32)}`
}

interface Group {
  readonly kind: 'firing' | 'resolved'
  readonly windowStart: number
  readonly notices: Notice[]
}

function groups(input: PlanInput, action: string): Group[] {
  const found = new Map<string, Group>()
  for (const history of input.histories) {
    const told = input.told.get(toldKey(action, history.seriesId))
    for (const notice of noticesFor(history, told, input.now)) {
      const { kind, windowStart } = notice
      const key = `${windowStart} ${kind}`
      const group = found.get(key) ?? { kind, windowStart, notices: [] }
      group.notices.push(notice)
      found.set(key, group)
    }
  }
  return [...found.values()].sort(
    (a, b) => a.windowStart - b.windowStart || (a.kind < b.kind ? -1 : 1),
  )
}

const isCooling = (action: ActionSpec, lastFiring: number | undefined, now: number): boolean =>
  action.cooldown !== undefined &&
  lastFiring !== undefined &&
  now < lastFiring + durationMs(action.cooldown)

interface Planned {
  readonly name: string
  readonly action: ActionSpec
  readonly group: Group
  readonly createdAt: number
  readonly cooling: boolean
}

function deliveryOf(
  input: PlanInput,
  { name, action, group, createdAt, cooling }: Planned,
): DeliveryRow {
  const transitionIds = group.notices.map((notice) => notice.transitionId).sort()
  const notAfter = latest(action, group)
  const cancelled = cooling
    ? 'cooldown'
    : notAfter !== null && notAfter < input.now
      ? 'not_after'
      : ''
  return {
    deliveryId: deliveryId(name, transitionIds),
    model: input.model,
    monitor: input.policy.monitor,
    action: name,
    transitionIds,
    state: cancelled === '' ? 'pending' : 'cancelled',
    attempts: 0,
    nextAttemptAt: createdAt,
    notAfter,
    body: messageBody(
      {
        kind: group.kind,
        model: input.model,
        monitor: input.policy.monitor,
        metric: input.policy.metric,
        window: input.policy.window,
        configRevision: input.configRevision,
        at: input.now,
        ...(input.links === undefined ? {} : { links: input.links }),
        ...(input.rank === undefined ? {} : { rank: input.rank }),
      },
      group.notices,
    ),
    lastStatus: null,
    lastError: cancelled,
    lastResponse: '',
    history: '[]',
    createdAt,
    deliveredAt: null,
    changedAtUs: createdAt * 1000,
  }
}

/** Measured from when a transition was found, not from its window: history may be replayed. */
function latest(action: ActionSpec, group: Group): number | null {
  if (action.not_after === undefined) return null
  const newest = Math.max(...group.notices.map(({ createdAt }) => createdAt))
  return newest + durationMs(action.not_after)
}
