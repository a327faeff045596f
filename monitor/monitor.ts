import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../core/clock.ts'
import { AppError } from '../core/errors.ts'
import type { ModelSpec } from '../core/model-spec.ts'
import type { Store } from '../store/client.ts'
import { insertRows } from '../store/insert-rows.ts'
import type { ModelRegistry, RegisteredModel } from '../store/model-registry.ts'
import { monitorProgress } from '../store/queries/monitor-progress.ts'
import type { MonitorEvents } from './events.ts'
import { LedgerReader } from './ledger-reader.ts'
import type { Ownership } from './ownership.ts'
import { ModelProgress } from './progress.ts'

export interface MonitorDeps {
  readonly store: Store
  readonly registry: ModelRegistry
  readonly clock: Clock
  readonly events: MonitorEvents
  /** Computes and judges everything of a model that is due. True when anything was done. */
  readonly runModel: (model: RegisteredModel, progress: ModelProgress) => Promise<boolean>
  readonly owns: Ownership
  readonly intervalMs: number
  /** How far behind the newest ledger row it looks again, ms. */
  readonly ledgerOverlapMs: number
  /** Least silence after which a source is idle, ms. */
  readonly idleMs: number
}

interface Tracked {
  readonly progress: ModelProgress
  /** What the progress was made for: another grain starts over. */
  readonly grain: string
  savedReadTo: number
  /** Since when something of it is due and not done, monotonic ms; null where nothing is. */
  dueSince: number | null
}

/**
 * Follows the ledger and keeps every model's windows evaluated. All it knows comes from stored rows:
 * a process that dies is replaced by one that reads the ledger from the last saved place, and
 * whatever is done twice comes out the same. Two of them at once write the same rows.
 */
export class Monitor {
  readonly #deps: MonitorDeps
  readonly #models = new Map<string, Tracked>()
  /** Models that this process has taken over. */
  readonly #owned = new Set<string>()
  /** Saved places of models, from the last process that had them. */
  #resumeFrom: ReadonlyMap<string, number> = new Map()
  #ledger: LedgerReader | null = null

  constructor(deps: MonitorDeps) {
    this.#deps = deps
  }

  /** Looks again and again until aborted; `onTick` after each look that went well. A failure of one model holds up no other one. */
  async run(signal: AbortSignal, onTick: () => void = () => undefined): Promise<void> {
    while (!signal.aborted) {
      let worked = false
      try {
        worked = await this.tick(signal)
        onTick()
      } catch (error) {
        if (!(error instanceof AppError) || !error.retryable) throw error
        this.#deps.events.failed('', error)
      }
      // Work done means time has passed and more may be due already.
      const pause = worked ? Math.min(50, this.#deps.intervalMs) : this.#deps.intervalMs
      await sleep(pause, undefined, { signal }).catch(() => undefined)
    }
  }

  /** One look at the ledger, and everything that is due by it; once aborted, no further model is begun. */
  async tick(signal?: AbortSignal): Promise<boolean> {
    const started = this.#deps.clock.monotonic()
    const owned = this.#deps.registry.list().filter(({ spec }) => this.#deps.owns(spec.model))
    const ledger = (this.#ledger ??= await this.#resume(owned))
    await this.#takeOver(owned, ledger)
    for (const model of owned) this.#track(model, ledger)
    for (const touch of await ledger.readNew()) {
      if (touch.insertedAt < (this.#resumeFrom.get(touch.model) ?? 0)) continue
      this.#models.get(touch.model)?.progress.observe(touch)
    }
    let worked = false
    for (const model of owned) {
      if (signal?.aborted === true) break
      if (await this.#runModel(model, ledger)) worked = true
    }
    this.#deps.events.ticked((this.#deps.clock.monotonic() - started) / 1000)
    return worked
  }

  async #resume(owned: readonly RegisteredModel[]): Promise<LedgerReader> {
    const { store, clock, ledgerOverlapMs } = this.#deps
    this.#resumeFrom = await this.#savedPlaces()
    // A model without a saved place may have been touched at any time.
    const places = owned.map(({ spec }) => this.#resumeFrom.get(spec.model) ?? 0)
    for (const { spec } of owned) this.#owned.add(spec.model)
    return new LedgerReader(store, ledgerOverlapMs, Math.min(clock.now(), ...places))
  }

  /** Models that were another process's go on where that one has saved; those given away are forgotten. */
  async #takeOver(owned: readonly RegisteredModel[], ledger: LedgerReader): Promise<void> {
    const names = new Set(owned.map(({ spec }) => spec.model))
    for (const model of this.#owned) {
      if (names.has(model)) continue
      this.#owned.delete(model)
      this.#models.delete(model)
      this.#deps.events.gaveAway(model)
    }
    const fresh = owned.filter(({ spec }) => !this.#owned.has(spec.model))
    if (fresh.length === 0) return
    const saved = await this.#savedPlaces()
    const places = new Map(this.#resumeFrom)
    for (const registered of fresh) {
      const { model } = registered.spec
      const place = saved.get(model) ?? (await this.#bornAt(registered))
      places.set(model, place)
      ledger.rewind(model, place)
      this.#owned.add(model)
    }
    this.#resumeFrom = places
  }

  /** No batch of a model is older than the model, give or take the clocks. */
  async #bornAt({ spec }: RegisteredModel): Promise<number> {
    const first = (await this.#deps.registry.history(spec.model)).at(-1)
    return first === undefined ? 0 : first.createdAt.getTime() - this.#deps.ledgerOverlapMs
  }

  async #savedPlaces(): Promise<Map<string, number>> {
    const saved = await this.#deps.store.query(monitorProgress())
    return new Map(saved.map(({ model, ledgerReadTo }) => [model, ledgerReadTo]))
  }

  /** Another grain has other windows: what is still waited for is read from the ledger again. */
  #track({ spec }: RegisteredModel, ledger: LedgerReader): void {
    const grain = grainOf(spec)
    const before = this.#models.get(spec.model)
    if (before?.grain === grain) return
    const saved = before?.savedReadTo ?? 0
    if (before !== undefined)
      ledger.rewind(spec.model, Math.max(saved, this.#resumeFrom.get(spec.model) ?? 0))
    const { windowsMs, latenessMs } = spec
    const progress = new ModelProgress({ windowsMs, latenessMs, idleMs: this.#deps.idleMs })
    this.#models.set(spec.model, { progress, grain, savedReadTo: saved, dueSince: null })
  }

  async #runModel(model: RegisteredModel, ledger: LedgerReader): Promise<boolean> {
    const { events } = this.#deps
    const { model: name, windowMs } = model.spec
    const tracked = this.#models.get(name)
    if (tracked === undefined) return false
    try {
      const worked = await this.#deps.runModel(model, tracked.progress)
      await this.#saveProgress(name, tracked, ledger)
      events.pending(name, tracked.progress.pendingCount(windowMs))
      return worked
    } catch (error) {
      // What the store refuses for one model must not stop the others; a bug must stop the process.
      if (!(error instanceof AppError)) throw error
      events.failed(name, error)
      return false
    } finally {
      this.#tellBehind(model.spec, tracked)
    }
  }

  /** What is left over after a run: more than fits into one, or nothing could be evaluated. */
  #tellBehind({ model, windowsMs }: ModelSpec, tracked: Tracked): void {
    const { clock, events } = this.#deps
    const now = clock.now()
    const waits = windowsMs.some((width) => tracked.progress.due(width, now).length > 0)
    tracked.dueSince = waits ? (tracked.dueSince ?? clock.monotonic()) : null
    const since = tracked.dueSince
    events.behind(model, since === null ? 0 : (clock.monotonic() - since) / 1000)
  }

  /** Everything before the oldest batch that a window still waits for is done with. */
  async #saveProgress(model: string, tracked: Tracked, ledger: LedgerReader): Promise<void> {
    const readTo = Math.min(tracked.progress.oldestPending(), ledger.settledTo)
    // Once in a while is enough: what is read twice comes out the same.
    if (readTo < tracked.savedReadTo + this.#deps.ledgerOverlapMs / 4) return
    await insertRows(
      this.#deps.store,
      'monitor_progress',
      ['model', 'ledger_read_to', 'changed_at'],
      [[model, new Date(readTo), new Date(this.#deps.clock.now())]],
    )
    tracked.savedReadTo = readTo
  }
}

/** What the bookkeeping of windows depends on. */
const grainOf = ({ windowsMs, latenessMs }: ModelSpec): string =>
  JSON.stringify([windowsMs, latenessMs])
