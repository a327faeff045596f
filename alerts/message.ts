import type { AlertState } from '../core/names.ts'
import type { Evidence } from './evidence.ts'
import type { Notice } from './notices.ts'

/** Receivers may refuse more than this (Standard Webhooks 1.0.0 asks for less than 20 kB). */
export const maxBodyBytes = 20_000
const maxSeries = 20

/** One series in a message: which, what changed, and the numbers behind it. */
export interface MessageSeries {
  readonly version: string
  readonly variant: string
  readonly slice: string
  readonly feature: string
  readonly from: AlertState
  readonly to: AlertState
  readonly value: number | null
  readonly p_value: number | null
  readonly p_adjusted: number | null
  readonly effect: number | null
  readonly noise_floor: number | null
  readonly threshold: string | null
  readonly n_reference: number
  readonly n_current: number
  readonly revision: number
  /** Only there when late data has shown that what was told never happened. */
  readonly retracted?: true
}

/** What a receiver gets. */
export interface Message {
  readonly type: 'tidegauge.alert.firing' | 'tidegauge.alert.resolved'
  /** ISO 8601: when it was written, not when it was sent. */
  readonly timestamp: string
  readonly data: {
    readonly model: string
    readonly monitor: string
    readonly metric: string
    readonly method: string
    /** The gravest of the series. */
    readonly state: AlertState
    readonly baseline: string
    readonly window: { readonly start: string; readonly end: string; readonly width: string }
    readonly versions: readonly string[]
    /** The greatest effects first; not all when there are many. */
    readonly series: readonly MessageSeries[]
    readonly series_total: number
    readonly series_by_state: Readonly<Partial<Record<AlertState, number>>>
    readonly config_revision: number
    /** Of the series listed. */
    readonly transition_ids: readonly string[]
    readonly links?: Readonly<Record<string, string>>
  }
}

export interface MessageInput {
  readonly kind: 'firing' | 'resolved'
  readonly model: string
  readonly monitor: string
  readonly metric: string
  /** Width by name. */
  readonly window: string
  readonly configRevision: number
  readonly at: number
  readonly links?: Readonly<Record<string, string>>
}

/** The body of a delivery, as JSON below `maxBodyBytes`: however many series, one message. */
export function messageBody(input: MessageInput, notices: readonly Notice[]): string {
  const ranked = notices
    .map((notice) => ({ notice, evidence: JSON.parse(notice.evidence) as Partial<Evidence> }))
    .sort((a, b) => rank(b.evidence) - rank(a.evidence) || order(a.notice, b.notice))
  for (let listed = Math.min(maxSeries, ranked.length); ; listed--) {
    const body = JSON.stringify(message(input, ranked, listed))
    if (Buffer.byteLength(body) < maxBodyBytes || listed === 0) return body
  }
}

interface Ranked {
  readonly notice: Notice
  readonly evidence: Partial<Evidence>
}

function message(input: MessageInput, ranked: readonly Ranked[], listed: number): Message {
  const [first] = ranked
  if (first === undefined) throw new RangeError('a message is about at least one series')
  const shown = ranked.slice(0, listed)
  const versions = [...new Set(ranked.map(({ notice }) => notice.series.version))].sort()
  return {
    type: `tidegauge.alert.${input.kind}`,
    timestamp: new Date(input.at).toISOString(),
    data: {
      model: input.model,
      monitor: input.monitor,
      metric: first.evidence.metric ?? input.metric,
      method: first.evidence.method ?? '',
      state: gravest(ranked.map(({ notice }) => notice.to)),
      baseline: first.evidence.baseline ?? '',
      window: {
        start: new Date(first.notice.windowStart).toISOString(),
        end: new Date(first.notice.windowEnd).toISOString(),
        width: input.window,
      },
      versions: versions.slice(0, listed),
      series: shown.map(messageSeries),
      series_total: ranked.length,
      series_by_state: countStates(ranked.map(({ notice }) => notice.to)),
      config_revision: input.configRevision,
      transition_ids: shown.map(({ notice }) => notice.transitionId),
      ...(input.links === undefined ? {} : { links: input.links }),
    },
  }
}

function messageSeries({ notice, evidence }: Ranked): MessageSeries {
  const { version, variant, slice, feature } = notice.series
  return {
    version,
    variant,
    slice,
    feature,
    from: notice.from,
    to: notice.to,
    value: evidence.value ?? null,
    p_value: evidence.p_value ?? null,
    p_adjusted: evidence.p_adjusted ?? null,
    effect: evidence.effect ?? null,
    noise_floor: evidence.noise_floor ?? null,
    threshold: evidence.threshold ?? null,
    n_reference: evidence.n_reference ?? 0,
    n_current: evidence.n_current ?? 0,
    revision: evidence.revision ?? 0,
    ...(notice.retracted ? { retracted: true as const } : {}),
  }
}

/** Effect where the metric has one, else its value: both grow with what there is to see. */
const rank = ({ effect, value }: Partial<Evidence>): number => Math.abs(effect ?? value ?? 0)

const order = (a: Notice, b: Notice): number => (a.transitionId < b.transitionId ? -1 : 1)

const severity: readonly AlertState[] = ['critical', 'warn', 'pending', 'ok']

const gravest = (states: readonly AlertState[]): AlertState =>
  severity.find((state) => states.includes(state)) ?? 'ok'

function countStates(states: readonly AlertState[]): Partial<Record<AlertState, number>> {
  const counts: Partial<Record<AlertState, number>> = {}
  for (const state of states) counts[state] = (counts[state] ?? 0) + 1
  return counts
}
