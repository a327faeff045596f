import { durationMs, durationName } from '../core/duration.ts'
import type { BaselineSpec, ModelSpec } from '../core/model-spec.ts'
import type { Store } from '../store/client.ts'
import {
  eventsExtent,
  nthEventTime,
  relationSize,
  type EventsExtent,
} from '../store/queries/baseline-extent.ts'
import { eventsRelation, type Relation, type TimeRange } from '../store/queries/profile-source.ts'
import { referenceRelation } from '../store/tables/reference-table.ts'

/** What a baseline's declaration came to, once and for all. */
export type Frozen =
  | { readonly kind: 'events'; readonly range: TimeRange }
  | { readonly kind: 'file'; readonly load: string }
  /** Nothing is stored: it is merged from profiles for each window. The range is where bins came from; null where they were there. */
  | { readonly kind: 'moving'; readonly range: TimeRange | null }

/** The rows behind a frozen baseline; null where there are none of its own. */
export function relationOf(spec: ModelSpec, baseline: string, frozen: Frozen): Relation | null {
  if (frozen.kind === 'moving') return null
  return frozen.kind === 'file'
    ? referenceRelation(spec, baseline, frozen.load)
    : eventsRelation(spec, [frozen.range], 'reference_')
}

/** How a source that is asked for its rows answers. */
export type Reference =
  | { readonly status: 'ready'; readonly frozen: Frozen; readonly relation: Relation }
  | { readonly status: 'pending' | 'failed'; readonly detail: string }

export type EventSource = Exclude<BaselineSpec, { file: string }>

// What bins are chosen from when no baseline says which events.
const enoughEvents = 10_000
const enoughMs = 86_400_000

/** The past events a baseline is made of, or what it waits for. */
export async function eventsReference(
  store: Store,
  spec: ModelSpec,
  source: EventSource,
  now: Date,
): Promise<Reference> {
  if ('range' in source) return fixedRange(store, spec, source.range, now)
  const first = 'first' in source
  const wanted = first
    ? { events: source.first.events, periodMs: durationMs(source.first.period) }
    : { events: enoughEvents, periodMs: enoughMs }
  return found(spec, await firstRange(store, spec, wanted), first ? 'events' : 'moving')
}

/** The newest events, as many as bins are worth choosing from: for what is frozen later than the rest. */
export async function recentReference(store: Store, spec: ModelSpec): Promise<Reference> {
  const wanted = { events: enoughEvents, periodMs: enoughMs }
  return found(spec, await latestRange(store, spec, wanted), 'events')
}

function found(spec: ModelSpec, range: TimeRange | string, kind: 'events' | 'moving'): Reference {
  return typeof range === 'string'
    ? { status: 'pending', detail: range }
    : {
        status: 'ready',
        frozen: { kind, range },
        relation: eventsRelation(spec, [range], 'reference_'),
      }
}

async function fixedRange(
  store: Store,
  spec: ModelSpec,
  text: { readonly from: string; readonly to: string },
  now: Date,
): Promise<Reference> {
  const range = { from: Date.parse(text.from), to: Date.parse(text.to) }
  if (!(range.from < range.to)) {
    return { status: 'failed', detail: `the range from ${text.from} to ${text.to} is empty` }
  }
  if (now.getTime() < range.to + spec.latenessMs) {
    return { status: 'pending', detail: `the range ends at ${text.to}, and events may still come` }
  }
  const [extent] = await store.query(eventsExtent(spec))
  // History that is being loaded looks like a range that is over: events of it are still to come.
  const passed = extent !== undefined && extent.newest >= range.to + spec.latenessMs
  const quiet =
    extent !== undefined &&
    now.getTime() >= extent.lastIngested + Math.max(spec.latenessMs, quietMs)
  if (extent !== undefined && !passed && !quiet) {
    return { status: 'pending', detail: `events up to ${text.to} may still be on their way` }
  }
  const relation = eventsRelation(spec, [range], 'reference_')
  const [n] = await store.query(relationSize(relation))
  return n === undefined || n === 0
    ? { status: 'pending', detail: `there are no events from ${text.from} to ${text.to}` }
    : { status: 'ready', frozen: { kind: 'events', range }, relation }
}

/** Without a new event for this long, what is there is all there is, ms. */
const quietMs = 10_000

interface Wanted {
  readonly events: number
  readonly periodMs: number
}

/**
 * From the first event's window to the end of the window in which one of the two is complete: the
 * number of events or the period. That window must be closed, or events that come late would be
 * missing from a reference that never changes.
 */
async function firstRange(
  store: Store,
  spec: ModelSpec,
  { events, periodMs }: Wanted,
): Promise<TimeRange | string> {
  const [extent] = await store.query(eventsExtent(spec))
  if (extent === undefined) return 'there are no events yet'
  const from = floor(extent.oldest, spec.windowMs)
  const closed = floor(extent.newest - spec.latenessMs, spec.windowMs)
  const [nth] = extent.rows < events ? [] : await store.query(nthEventTime(spec, events))
  const byCount = nth === undefined ? Infinity : floor(nth, spec.windowMs) + spec.windowMs
  const byTime = from + Math.ceil(periodMs / spec.windowMs) * spec.windowMs
  const to = Math.min(byCount, byTime)
  if (to <= closed) return { from, to }
  if (nth === undefined && extent.newest < byTime) {
    const n = extent.rows < events ? extent.rows : await distinctEvents(store, spec, extent)
    return `waits for ${events} events or ${durationName(periodMs)} of them: there are about ${n} so far`
  }
  const there =
    to === byCount
      ? `its ${events} events are there`
      : `its first ${durationName(periodMs)} are over`
  const closing = new Date(to + spec.latenessMs).toISOString()
  return `${there}; the last window of them closes with an event of ${closing} or later`
}

/** Events of a model without the duplicates that its extent counts. */
async function distinctEvents(
  store: Store,
  spec: ModelSpec,
  { oldest, newest }: EventsExtent,
): Promise<number> {
  const all = eventsRelation(spec, [{ from: oldest, to: newest + 1 }])
  const [n] = await store.query(relationSize(all))
  return n ?? 0
}

/** The closed windows at the end that hold about the wanted number of events, or the period. */
async function latestRange(
  store: Store,
  spec: ModelSpec,
  { events, periodMs }: Wanted,
): Promise<TimeRange | string> {
  const [extent] = await store.query(eventsExtent(spec))
  if (extent === undefined) return 'there are no events yet'
  const to = floor(extent.newest - spec.latenessMs, spec.windowMs)
  const range = { from: Math.max(floor(extent.oldest, spec.windowMs), to - periodMs), to }
  const [n] = await store.query(relationSize(eventsRelation(spec, [range])))
  const enough = (n ?? 0) >= events || to - range.from >= periodMs
  return enough ? range : `waits for ${events} events: there are ${n ?? 0} so far`
}

const floor = (ms: number, step: number): number => Math.floor(ms / step) * step
