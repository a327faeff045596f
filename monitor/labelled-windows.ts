import type { Clock } from '../core/clock.ts'
import type { ModelSpec } from '../core/model-spec.ts'
import type { Store } from '../store/client.ts'
import {
  arrivedLabels,
  labelledWindows,
  type Arrival,
  type LabelledWindow,
} from '../store/queries/labelled-windows.ts'
import { measuresOf } from '../store/queries/outcome-measures.ts'
import type { MonitorEvents } from './events.ts'
import type { LabelBatches } from './label-backlog.ts'
import type { ModelProgress } from './progress.ts'

export interface LabelLookupDeps {
  readonly store: Store
  readonly clock: Clock
  readonly events: Pick<MonitorEvents, 'labelsLookedUp'>
  /** Least pause between two looks of a model, ms. */
  readonly labelIntervalMs: number
}

/** Labels are stored before their ledger row, by the same clock: at most this much, retries included, ms. */
const commitMs = 30_000
/** What labels take of the monitor's time, at most: one part in five. */
const pausesPerWork = 4

interface Pace {
  /** Monotonic, ms. */
  readonly until: number
  /** Since the last look: finding windows and evaluating them, ms. */
  readonly spentMs: number
}

/**
 * Finds the windows of the events that labels have come for. Labels flow as long and as fast as events,
 * a week behind them; looking for each batch alone would touch every window of that week all the time.
 * So they are looked up together, once in a while, the seldomer the longer it takes.
 */
export class LabelLookups {
  readonly #deps: LabelLookupDeps
  readonly #paces = new Map<string, Pace>()

  constructor(deps: LabelLookupDeps) {
    this.#deps = deps
  }

  /** True when labels wait and nothing is left to do for earlier ones. */
  isDue(spec: ModelSpec, { labels }: ModelProgress): boolean {
    if (labels.isEmpty) return false
    if (measuresOf(spec).length === 0) {
      labels.clear()
      return false
    }
    return this.#deps.clock.monotonic() >= (this.#paces.get(spec.model)?.until ?? -Infinity)
  }

  /** Makes the windows of some of the labels that wait pending. */
  async look(spec: ModelSpec, progress: ModelProgress): Promise<void> {
    const batches = progress.labels.next()
    if (batches === null) return
    this.#paces.delete(spec.model)
    const starts = await this.#find(spec, batches)
    progress.observeLabelled(starts, batches.oldest)
    progress.labels.done(batches)
  }

  /** `ms` went into labels of a model: the next look waits in proportion. */
  spent({ model }: ModelSpec, { labels }: ModelProgress, ms: number): void {
    const spentMs = (this.#paces.get(model)?.spentMs ?? 0) + ms
    const least = labels.isEmpty ? this.#deps.labelIntervalMs : 0
    const until = this.#deps.clock.monotonic() + Math.max(least, spentMs * pausesPerWork)
    this.#paces.set(model, { until, spentMs })
  }

  /**
   * Most labels are of events within `label_delay` before them, which reads a few partitions. Only for
   * the others is the rest of the table read: however late a label is, it counts.
   */
  async #find(spec: ModelSpec, { oldest, newest }: LabelBatches): Promise<number[]> {
    const { store, events } = this.#deps
    const arrival: Arrival = { from: oldest - commitMs, to: newest }
    const [labels] = await store.query(arrivedLabels(spec.model, arrival))
    if (labels === undefined || labels.events === 0) return []
    const delay = { from: labels.oldest - spec.labelDelayMs, to: labels.newest + 1 }
    const search = (outside: boolean): Promise<LabelledWindow[]> =>
      store.query(labelledWindows(spec, arrival, { ...delay, outside }))
    const near = await search(false)
    const inTime = eventsOf(near)
    const far = inTime >= labels.events ? [] : await search(true)
    const late = eventsOf(far)
    const unmatched = Math.max(0, labels.events - inTime - late)
    events.labelsLookedUp(spec.model, { inTime, late, unmatched })
    return [...near, ...far].map(({ start }) => start)
  }
}

const eventsOf = (windows: readonly LabelledWindow[]): number =>
  windows.reduce((sum, { events }) => sum + events, 0)
