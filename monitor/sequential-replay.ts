import { durationName } from '../core/duration.ts'
import type { ModelSpec } from '../core/model-spec.ts'
import type { Store } from '../store/client.ts'
import {
  sequentialContents,
  type SequentialContent,
  type SequentialTime,
} from '../store/queries/sequential-contents.ts'
import type { SequentialSeries, SeriesPart } from '../store/queries/sequential-series.ts'
import type { WindowSize } from '../store/queries/sequential-windows.ts'
import { advance, type SeriesState } from './sequential-fold.ts'
import {
  contentOf,
  sequentialRows,
  type SequentialFrame,
  type SequentialRows,
} from './sequential-rows.ts'
import type { SequentialRule } from './sequential-rules.ts'
import { sourceOf, type SequentialSource, type SourceWindow } from './sequential-sources.ts'
import { loadStates, seriesKey } from './sequential-states.ts'

export interface Replay {
  /** The first window (epoch ms); null begins at the first that is stored, with nothing known before. */
  readonly from: number | null
  /** Takes what is new or has changed, oldest windows first. */
  readonly write: (rows: readonly SequentialRows[]) => Promise<void>
}

/** Rows or events that are in memory together, where one window does not have more. */
const readAtOnce = 5000
/** Windows apart from each other become conditions of their own. */
const maxRanges = 64
/** Series whose states are in memory together. */
const seriesAtOnce = 5000

/**
 * Runs one rule over all its series from a window to the last, part by part and some windows at a time. The
 * state before the first is stored; every later one is compared with what is stored. Answers the names
 * that the rule has in results: those of what it follows tell more than it was asked for.
 */
export async function replaySeries(
  store: Pick<Store, 'query'>,
  spec: ModelSpec,
  rule: SequentialRule,
  { from, write }: Replay,
): Promise<ReadonlySet<string>> {
  const source = sourceOf(store, spec, rule)
  const windows = await source.windows(from ?? 0)
  const widest = windows.reduce((most, { size }) => Math.max(most, size), 0)
  const parts = source.divisible ? Math.max(1, Math.ceil(widest / seriesAtOnce)) : 1
  const chunks = windowChunks(windows, rule.windowMs, readAtOnce * parts)
  const names = new Set<string>()
  for (let part = 0; part < parts; part++) {
    const of = { model: spec.model, rule, source, from, names }
    const replay = new PartReplay(store, of, { parts, part })
    for (const starts of chunks) await write(await replay.run(starts))
  }
  return names
}

function windowChunks(windows: readonly WindowSize[], windowMs: number, most: number): number[][] {
  const chunks: number[][] = []
  let [held, ranges] = [0, 0]
  for (const { start, size } of windows) {
    const last = chunks.at(-1)
    const apart = last?.at(-1) !== start - windowMs ? 1 : 0
    if (last === undefined || held + size > most || ranges + apart > maxRanges) {
      chunks.push([start])
      held = size
      ranges = 1
    } else {
      last.push(start)
      held += size
      ranges += apart
    }
  }
  return chunks
}

interface PartOf {
  readonly model: string
  readonly rule: SequentialRule
  readonly source: SequentialSource
  readonly from: number | null
  /** Takes those of its rules. */
  readonly names: Set<string>
}

/** Some series of one rule on their way through time. */
class PartReplay {
  readonly #store: Pick<Store, 'query'>
  readonly #of: PartOf
  readonly #part: SeriesPart
  readonly #frame: SequentialFrame
  readonly #states = new Map<string, SeriesState>()

  constructor(store: Pick<Store, 'query'>, of: PartOf, part: SeriesPart) {
    this.#store = store
    this.#of = of
    this.#part = part
    const { windowMs } = of.rule
    this.#frame = { model: of.model, window: durationName(windowMs), windowMs }
  }

  /** The next windows. */
  async run(starts: readonly number[]): Promise<SequentialRows[]> {
    const { source } = this.#of
    const read = (await source.read(starts, this.#part)).map(keyed)
    const rules = source.rule === null ? [...new Set(read.map(({ rule }) => rule))] : [source.rule]
    if (rules.length === 0) return []
    for (const name of rules) this.#of.names.add(name)
    const time: SequentialTime = { model: this.#frame.model, window: this.#frame.window, rules }
    const stored = await this.#contents(time, starts)
    const windows =
      source.rule === null ? read : [...read, ...left(read, [...stored.values()], starts)]
    await this.#load(time, windows)
    return windows.sort((a, b) => a.start - b.start).flatMap((w) => this.#advanced(w, stored))
  }

  /** By `windowKey`. */
  async #contents(
    time: SequentialTime,
    starts: readonly number[],
  ): Promise<Map<string, SequentialContent>> {
    const range = { from: starts[0] ?? 0, to: (starts.at(-1) ?? 0) + this.#frame.windowMs }
    const rows = await this.#store.query(sequentialContents(time, range, this.#part))
    return new Map(rows.map((row) => [windowKey(row.start, seriesKey(row)), row]))
  }

  async #load(time: SequentialTime, windows: readonly KeyedWindow[]): Promise<void> {
    const wanted = new Map<string, SequentialSeries>()
    for (const window of windows) if (!this.#states.has(window.key)) wanted.set(window.key, window)
    const { from, rule } = this.#of
    const before = { ...time, before: from ?? 0, windowMs: rule.windowMs }
    const found =
      from === null
        ? new Map<string, SeriesState>()
        : await loadStates(this.#store, before, this.#part, wanted)
    for (const key of wanted.keys())
      this.#states.set(key, found.get(key) ?? { state: rule.start, n: 0 })
  }

  /** Nothing where the window comes out as it is stored. */
  #advanced(window: KeyedWindow, stored: ReadonlyMap<string, SequentialContent>): SequentialRows[] {
    const { detector, start } = this.#of.rule
    const last = this.#states.get(window.key) ?? { state: start, n: 0 }
    const outcome = advance(detector, last, window.reading)
    this.#states.set(window.key, outcome)
    const before = stored.get(windowKey(window.start, window.key))
    const stateText = JSON.stringify(outcome.state)
    const content = contentOf(window, outcome, stateText)
    if (before?.content === content) return []
    const recorded = { stateText, content, revision: (before?.revision ?? 0) + 1 }
    return [sequentialRows(this.#frame, detector, window, { ...outcome, ...recorded })]
  }
}

/** A window with the name of its series. */
type KeyedWindow = SourceWindow & { readonly key: string }

const keyed = (window: SourceWindow): KeyedWindow => ({ ...window, key: seriesKey(window) })

const windowKey = (start: number, series: string): string => `${start}${series}`

/** Windows of series that had something to read once and have nothing any more. */
function left(
  read: readonly KeyedWindow[],
  stored: readonly SequentialContent[],
  starts: readonly number[],
): KeyedWindow[] {
  const held = new Set(read.map(({ start, key }) => windowKey(start, key)))
  const wanted = new Set(starts)
  return stored
    .map((row) => ({
      ...row,
      ...{ key: seriesKey(row), nReference: 0, nCurrent: null, labelCoverage: null },
      reading: { values: [], status: 'retracted' as const },
    }))
    .filter(({ start, key }) => wanted.has(start) && !held.has(windowKey(start, key)))
}
