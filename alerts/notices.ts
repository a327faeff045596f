import type { AlertState } from '../core/names.ts'
import type { TransitionRow } from '../store/queries/transitions-row.ts'
import type { SeriesHistory } from './evaluate-monitor.ts'
import { transitionId, type Series } from './series.ts'

/** What one action has been told about one series. */
export interface Told {
  readonly state: AlertState
  /** The window of what it was told last, epoch ms. */
  readonly windowStart: number
  readonly transitionIds: readonly string[]
}

/** Something an action must be told. */
export interface Notice {
  readonly kind: 'firing' | 'resolved'
  readonly transitionId: string
  readonly series: Series
  readonly windowStart: number
  readonly windowEnd: number
  readonly from: AlertState
  readonly to: AlertState
  /** JSON. */
  readonly evidence: string
  readonly createdAt: number
  /** Late data has shown that what was told never happened. */
  readonly retracted: boolean
}

/**
 * What an action must still be told about a series, oldest first.
 *
 * New transitions later than anything told are told when they change what the action believes.
 * Earlier ones are revised history: they are not told one by one, but when the state that holds now
 * is another than the one told last, the transition that made it so is told, or its retraction.
 * No transition is told twice, not even one that was withdrawn in between.
 */
export function noticesFor(history: SeriesHistory, told: Told | undefined, now: number): Notice[] {
  const ids = new Set(told?.transitionIds)
  const notices: Notice[] = []
  let believed: AlertState = told?.state ?? 'ok'
  for (const transition of news(history, told)) {
    const notice = noticeOf(history, transition, believed)
    if (notice.to === believed || ids.has(notice.transitionId)) continue
    notices.push(notice)
    believed = notice.to
  }
  const correction = believed === level(history.state) ? undefined : correct(history, told, now)
  if (correction !== undefined && !ids.has(correction.transitionId)) {
    notices.push({ ...correction, from: believed })
  }
  return notices
}

/** What did not hold before and is later than anything told. */
function news({ valid, fresh }: SeriesHistory, told: Told | undefined): TransitionRow[] {
  const after = told?.windowStart ?? -Infinity
  return valid.filter(
    (transition) => transition.windowStart > after && fresh.has(transition.transitionId),
  )
}

/** A pending alert has told nobody anything. */
const level = (state: AlertState): AlertState => (state === 'pending' ? 'ok' : state)

function correct(history: SeriesHistory, told: Told | undefined, now: number): Notice | undefined {
  const last = history.valid.at(-1)
  if (last !== undefined && last.to !== 'pending') return noticeOf(history, last, last.from)
  if (told === undefined) return undefined
  const withdrawn = history.withdrawn.find(({ windowStart }) => windowStart === told.windowStart)
  return {
    kind: 'resolved',
    transitionId: transitionId(history.seriesId, told.windowStart, 'ok'),
    series: history.series,
    windowStart: told.windowStart,
    windowEnd: withdrawn?.windowEnd ?? told.windowStart,
    from: told.state,
    to: 'ok',
    evidence: withdrawn?.evidence ?? '{}',
    createdAt: now,
    retracted: true,
  }
}

/** An alert that falls back to pending is over for whoever was told that it fires. */
function noticeOf(
  { seriesId, series }: SeriesHistory,
  transition: TransitionRow,
  from: AlertState,
): Notice {
  const { windowStart, windowEnd, evidence, createdAt } = transition
  const to = level(transition.to)
  return {
    kind: to === 'ok' ? 'resolved' : 'firing',
    transitionId: transitionId(seriesId, windowStart, to),
    series,
    windowStart,
    windowEnd,
    from,
    to,
    evidence,
    createdAt,
    retracted: false,
  }
}
