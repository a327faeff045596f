import { modelSpec, type ActionSpec, type MonitorSpec } from '../../core/model-spec.ts'
import { monitorPolicy, type MonitorPolicy } from '../../alerts/policy.ts'
import { createRowLimits, type RowLimits } from '../../alerts/row-limits.ts'
import type { AlertHistory, Outbox } from '../../alerts/ports.ts'
import { toldKey } from '../../alerts/plan-deliveries.ts'
import type { Told } from '../../alerts/notices.ts'
import { watches } from '../../alerts/evaluate-monitor.ts'
import type { DeliveryRow } from '../../store/queries/deliveries-row.ts'
import type { MetricRow } from '../../store/queries/metric-row.ts'
import type { SeriesPastRow } from '../../store/queries/alert-series-past.ts'
import type { TransitionRow } from '../../store/queries/transitions-row.ts'

export const hour = 3_600_000
/** The start of window number `i`. */
export const at = (i: number): number => Date.UTC(2026, 10, 1) + i * hour

/** A PSI of one window of `amount`, all of it judged, unless told otherwise. */
export function metricRow(
  window: number,
  value: number | null,
  rest: Partial<MetricRow> = {},
): MetricRow {
  return {
    model: 'fraud',
    version: '7',
    variant: 'live',
    windowStart: at(window),
    windowEnd: at(window + 1),
    window: '1h',
    slice: '',
    feature: 'amount',
    metric: 'psi',
    method: 'psi/jeffreys',
    value,
    pValue: null,
    pAdjusted: null,
    effect: value,
    noiseFloor: 0.01,
    nReference: 1000,
    nCurrent: 500,
    labelCoverage: null,
    baseline: 'training',
    status: 'ok',
    revision: 1,
    ...rest,
  }
}

export const driftMonitor: MonitorSpec = {
  name: 'input-drift',
  metric: 'psi',
  warn: '> 0.1',
  critical: '> 0.2',
  actions: ['retrain'],
}

export const retrain: ActionSpec = { preset: 'webhook', url: 'https://hooks.example.com/retrain' }

export function fraudSpec(monitor: MonitorSpec = driftMonitor, action: ActionSpec = retrain) {
  return modelSpec({
    model: 'fraud',
    features: { amount: 'numeric', country: 'categorical' },
    window: '1h',
    min_samples: 100,
    baselines: { training: { file: 'a.parquet' }, last_week: { trailing: '7d' } },
    monitors: [monitor],
    actions: { retrain: action },
  })
}

export const policyOf = (monitor: Partial<MonitorSpec> = {}): MonitorPolicy =>
  monitorPolicy(fraudSpec(), { ...driftMonitor, ...monitor })

/** What rows are judged by where nothing is learnt and no budget divided. */
export const plainLimits = (policy: MonitorPolicy): ((row: MetricRow) => RowLimits) =>
  createRowLimits({
    policy,
    families: [],
    past: () => ({ starts: [], values: [] }),
    ranges: new Map(),
  })

export function deliveryRow(rest: Partial<DeliveryRow> = {}): DeliveryRow {
  return {
    deliveryId: 'msg_1',
    model: 'fraud',
    monitor: 'input-drift',
    action: 'retrain',
    transitionIds: ['tr_aa_1_warn'],
    state: 'pending',
    attempts: 0,
    nextAttemptAt: at(0),
    notAfter: null,
    body: '{"type":"tidegauge.alert.firing"}',
    lastStatus: null,
    lastError: '',
    lastResponse: '',
    history: '[]',
    createdAt: at(0),
    deliveredAt: null,
    changedAtUs: at(0) * 1000,
    ...rest,
  }
}

/** The outbox of one process that never stops. */
export class MemoryOutbox implements Outbox {
  readonly rows = new Map<string, DeliveryRow>()
  /** Every version saved, in order. */
  readonly saved: DeliveryRow[] = []

  readonly due = async (now: number, limit: number): Promise<DeliveryRow[]> => {
    const heads = new Map<string, DeliveryRow>()
    const open = [...this.rows.values()]
      .filter(({ state }) => state === 'pending' || state === 'failed_retry')
      .sort((a, b) => a.createdAt - b.createdAt)
    for (const row of open) {
      const target = `${row.model} ${row.action}`
      if (!heads.has(target)) heads.set(target, row)
    }
    return [...heads.values()].filter((row) => row.nextAttemptAt <= now).slice(0, limit)
  }

  readonly find = async (id: string): Promise<DeliveryRow | undefined> => this.rows.get(id)

  readonly save = async (deliveries: readonly DeliveryRow[]): Promise<void> => {
    for (const row of deliveries) {
      this.saved.push(row)
      const old = this.rows.get(row.deliveryId)
      if (old === undefined || old.changedAtUs <= row.changedAtUs)
        this.rows.set(row.deliveryId, row)
    }
  }
}

/** Metrics, transitions and what was told, as tables would keep them. */
export class MemoryHistory implements AlertHistory {
  readonly transitionRows = new Map<string, TransitionRow>()
  readonly #metrics = new Map<string, MetricRow>()
  readonly #outbox: MemoryOutbox

  constructor(outbox: MemoryOutbox) {
    this.#outbox = outbox
  }

  put(...rows: readonly MetricRow[]): void {
    for (const row of rows) {
      const key = `${row.windowStart} ${row.version} ${row.slice} ${row.feature} ${row.method}`
      this.#metrics.set(key, row)
    }
  }

  readonly metrics: AlertHistory['metrics'] = async (_model, policy, { from, limit }) => {
    const rows = [...this.#metrics.values()]
      .filter((row) => watches(policy, row))
      .sort((a, b) => a.windowStart - b.windowStart)
    const judged = new Set(this.#judged(policy))
    const before = rows.filter((row) => row.windowStart < from && judged.has(row))
    // Of every series the windows of the last few starts.
    const previous = before.filter((row) => {
      const later = before.filter(
        (other) => metricKey(other) === metricKey(row) && other.windowStart > row.windowStart,
      )
      return new Set(later.map(({ windowStart }) => windowStart)).size < limit
    })
    return { rows: rows.filter(({ windowStart }) => windowStart >= from), previous }
  }

  readonly families: AlertHistory['families'] = async (_model, policy, from) => {
    const sizes = new Map<string, { windowStart: number; tests: number; unadjusted: number }>()
    for (const row of this.#judged(policy)) {
      const { windowStart, pValue, pAdjusted } = row
      if (windowStart < from || pValue === null) continue
      const key = `${windowStart} ${row.version} ${row.variant} ${row.baseline} ${row.method}`
      const size = sizes.get(key) ?? { windowStart, tests: 0, unadjusted: 0 }
      size.tests += 1
      size.unadjusted += pAdjusted === null ? 1 : 0
      sizes.set(key, size)
    }
    return [...sizes.values()]
  }

  readonly past: AlertHistory['past'] = async (_model, policy, { from, to, part, parts }) => {
    const series = new Map<string, SeriesPastRow & { starts: number[]; values: number[] }>()
    const rows = this.#judged(policy).sort((a, b) => a.windowStart - b.windowStart)
    for (const row of rows) {
      const { version, variant, slice, feature, baseline, method, windowStart, value } = row
      if (value === null || !Number.isFinite(value)) continue
      if (windowStart < from || windowStart >= to) continue
      if ((slice.length + feature.length) % parts !== part) continue
      const key = [version, variant, slice, feature, baseline, method]
      const one = series.get(key.join()) ?? {
        ...{ version, variant, slice, feature, baseline, method },
        starts: [] as number[],
        values: [] as number[],
      }
      one.starts.push(windowStart)
      one.values.push(value)
      series.set(key.join(), one)
    }
    return [...series].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one)
  }

  readonly firstEvents: AlertHistory['firstEvents'] = async () => null

  #judged(policy: MonitorPolicy): MetricRow[] {
    return [...this.#metrics.values()].filter(
      (row) =>
        watches(policy, row) &&
        row.status === 'ok' &&
        row.nCurrent >= policy.minSamples &&
        row.value !== null &&
        !Number.isNaN(row.value),
    )
  }

  readonly transitions: AlertHistory['transitions'] = async (_model, monitor, from) => {
    const rows = [...this.transitionRows.values()]
      .filter((row) => row.monitor === monitor)
      .sort((a, b) => a.windowStart - b.windowStart)
    const before = rows.filter(({ windowStart, valid }) => valid && windowStart < from)
    return {
      stored: rows.filter(({ windowStart }) => windowStart >= from),
      before: [...new Map(before.map((row) => [seriesKey(row), row])).values()],
    }
  }

  readonly told: AlertHistory['told'] = async (model, monitor) => {
    const told = new Map<string, Told>()
    const rows = [...this.#outbox.rows.values()]
      .filter((row) => row.model === model && row.monitor === monitor)
      .sort((a, b) => a.createdAt - b.createdAt)
    for (const { action, transitionIds } of rows) {
      for (const id of transitionIds) {
        const [, series = '', seconds, state] = id.split('_')
        const key = toldKey(action, series)
        told.set(key, {
          state: state as Told['state'],
          windowStart: Number(seconds) * 1000,
          transitionIds: [...(told.get(key)?.transitionIds ?? []), id],
        })
      }
    }
    return told
  }

  readonly lastFiring: AlertHistory['lastFiring'] = async (model) => {
    const rows = [...this.#outbox.rows.values()].filter(
      (row) =>
        row.model === model && row.state !== 'cancelled' && !row.transitionIds[0]!.endsWith('_ok'),
    )
    return new Map(
      rows.sort((a, b) => a.createdAt - b.createdAt).map((row) => [row.action, row.createdAt]),
    )
  }

  readonly saveTransitions: AlertHistory['saveTransitions'] = async (transitions) => {
    for (const row of transitions) {
      this.transitionRows.set(`${seriesKey(row)} ${row.windowStart}`, row)
    }
  }
}

const metricKey = (row: MetricRow): string =>
  `${row.version} ${row.variant} ${row.slice} ${row.feature}`

const seriesKey = (row: TransitionRow): string =>
  `${row.monitor} ${row.version} ${row.variant} ${row.slice} ${row.feature}`

export const silentEvents = {
  transitioned: () => undefined,
  planned: () => undefined,
  attempted: () => undefined,
  settled: () => undefined,
  outboxFailed: () => undefined,
}
