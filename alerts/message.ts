import type { AlertState } from '../core/names.ts'
import type { Evidence } from './evidence.ts'
import type { Notice } from './notices.ts'
import type { BinChange, Explainer, Explanation } from './ports.ts'
import { summaryOf } from './summary.ts'

/** Receivers may refuse more than this (Standard Webhooks 1.0.0 asks for less than 20 kB). */
export const maxBodyBytes = 20_000
const maxSeries = 20
const maxRanked = 10

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
  /** The greatest adjusted p-value of a breach in this window. */
  readonly alpha: number | null
  readonly n_reference: number
  readonly n_current: number
  readonly revision: number
  /** Only there when late data has shown that what was told never happened. */
  readonly retracted?: true
  /** Of a breach that bins explain: the statistic whose terms `contributions` are. */
  readonly by?: Explanation['by']
  /** The bins that matter most, the greatest first. */
  readonly contributions?: readonly BinChange[]
}

/** A feature in a slice, by its part of the drift that this message is about. */
export interface MessageRank {
  readonly rank: number
  readonly version: string
  readonly variant: string
  readonly slice: string
  readonly feature: string
  readonly effect: number
  readonly p_adjusted: number | null
  /** Of the sum of all significant effects. */
  readonly share: number
  readonly significant: boolean
}

/** What a receiver gets. */
export interface Message {
  readonly type: 'tidegauge.alert.firing' | 'tidegauge.alert.resolved'
  /** ISO 8601: when it was written, not when it was sent. */
  readonly timestamp: string
  readonly data: {
    /** For people: one sentence about the series with the greatest effect. */
    readonly summary: string
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
    /** Of a drift that bins explain, all series ranked: the first ten. */
    readonly ranking?: readonly MessageRank[]
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
  readonly rank?: Explainer['rank']
}

/** What is told of a message's series: of how many, and of how many bins of each. */
interface Detail {
  readonly listed: number
  readonly bins: number
}

/** The body of a delivery, as JSON below `maxBodyBytes`: however many series, one message. */
export function messageBody(input: MessageInput, notices: readonly Notice[]): string {
  const ranked = notices
    .map((notice) => ({ notice, evidence: JSON.parse(notice.evidence) as Partial<Evidence> }))
    .sort((a, b) => size(b.evidence) - size(a.evidence) || order(a.notice, b.notice))
  for (const detail of details(ranked.length)) {
    const body = JSON.stringify(message(input, ranked, detail))
    if (Buffer.byteLength(body) < maxBodyBytes || detail.listed === 0) return body
  }
  throw new RangeError('the last detail lists no series')
}

/** From most to least: bins of each series are told as long as there is room for any series. */
function* details(total: number): Generator<Detail> {
  const most = Math.min(maxSeries, total)
  yield { listed: most, bins: 5 }
  for (const bins of [3, 0]) for (let listed = most; listed > 0; listed--) yield { listed, bins }
  yield { listed: 0, bins: 0 }
}

interface Ranked {
  readonly notice: Notice
  readonly evidence: Partial<Evidence>
}

function message(
  input: MessageInput,
  ranked: readonly Ranked[],
  { listed, bins }: Detail,
): Message {
  const [first] = ranked
  if (first === undefined) throw new RangeError('a message is about at least one series')
  const ranking = rankingOf(input, ranked).slice(0, Math.min(listed, maxRanked))
  const state = gravest(ranked.map(({ notice }) => notice.to))
  const shown = ranked.slice(0, listed)
  const versions = [...new Set(ranked.map(({ notice }) => notice.series.version))].sort()
  return {
    type: `tidegauge.alert.${input.kind}`,
    timestamp: new Date(input.at).toISOString(),
    data: {
      summary: summary(input, ranked, first, state),
      model: input.model,
      monitor: input.monitor,
      metric: first.evidence.metric ?? input.metric,
      method: first.evidence.method ?? '',
      state,
      baseline: first.evidence.baseline ?? '',
      window: {
        start: new Date(first.notice.windowStart).toISOString(),
        end: new Date(first.notice.windowEnd).toISOString(),
        width: input.window,
      },
      versions: versions.slice(0, listed),
      series: shown.map((one) => messageSeries(one, bins)),
      series_total: ranked.length,
      series_by_state: countStates(ranked.map(({ notice }) => notice.to)),
      ...(ranking.length === 0 ? {} : { ranking }),
      config_revision: input.configRevision,
      transition_ids: shown.map(({ notice }) => notice.transitionId),
      ...(input.links === undefined ? {} : { links: input.links }),
    },
  }
}

function summary(
  { kind, monitor, model }: MessageInput,
  ranked: readonly Ranked[],
  { notice, evidence }: Ranked,
  state: AlertState,
): string {
  const { slice, feature } = notice.series
  const series = { slice, feature, retracted: notice.retracted, evidence }
  return summaryOf({ kind, monitor, state, series, model, total: ranked.length })
}

/** Of what fires and bins explain; a p-value that a metric does not have is no doubt. */
function rankingOf({ kind, rank }: MessageInput, ranked: readonly Ranked[]): MessageRank[] {
  const explained = ranked.some(({ evidence }) => evidence.contributions !== undefined)
  if (rank === undefined || kind === 'resolved' || !explained) return []
  const findings = ranked.map(({ notice: { series }, evidence }) => ({
    ...series,
    p_adjusted: evidence.p_adjusted ?? null,
    effect: size(evidence),
    pValue: evidence.p_adjusted ?? evidence.p_value ?? 0,
  }))
  return rank(findings, ranked[0]?.evidence.alpha ?? 0.05).map(
    ({ rank: place, version, variant, slice, feature, effect, ...rest }) => ({
      ...{ rank: place, version, variant, slice, feature, effect },
      ...{ p_adjusted: rest.p_adjusted, share: rest.share, significant: rest.significant },
    }),
  )
}

function messageSeries({ notice, evidence }: Ranked, bins: number): MessageSeries {
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
    alpha: evidence.alpha ?? null,
    n_reference: evidence.n_reference ?? 0,
    n_current: evidence.n_current ?? 0,
    revision: evidence.revision ?? 0,
    ...(notice.retracted ? { retracted: true as const } : explanationOf(evidence, bins)),
  }
}

function explanationOf(
  { by, contributions }: Partial<Evidence>,
  bins: number,
): Pick<MessageSeries, 'by' | 'contributions'> {
  if (bins === 0 || by === undefined || contributions === undefined) return {}
  return { by, contributions: contributions.slice(0, bins) }
}

/** Effect where the metric has one, else its value: both grow with what there is to see. */
const size = ({ effect, value }: Partial<Evidence>): number => Math.abs(effect ?? value ?? 0)

const order = (a: Notice, b: Notice): number => (a.transitionId < b.transitionId ? -1 : 1)

const severity: readonly AlertState[] = ['critical', 'warn', 'pending', 'ok']

const gravest = (states: readonly AlertState[]): AlertState =>
  severity.find((state) => states.includes(state)) ?? 'ok'

function countStates(states: readonly AlertState[]): Partial<Record<AlertState, number>> {
  const counts: Partial<Record<AlertState, number>> = {}
  for (const state of states) counts[state] = (counts[state] ?? 0) + 1
  return counts
}
