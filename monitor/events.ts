import type { Logger } from 'pino'
import { Counter, Gauge, Histogram, type Registry } from 'prom-client'

/** What happens in the monitor: each happening is one function, so that log and metrics agree. */
export interface MonitorEvents {
  evaluated: (facts: {
    model: string
    window: string
    windows: number
    /** Because of events, or because of what labels tell of them. */
    part: 'events' | 'labels'
    metrics: number
    seconds: number
  }) => void
  /** How far behind the wall clock a model's newest evaluated window ended, ms. */
  windowDelay: (model: string, delayMs: number) => void
  pending: (model: string, windows: number) => void
  /** Since when closed windows of a model have waited for their evaluation, seconds; 0 where none does. */
  behind: (model: string, seconds: number) => void
  /** The model is another process's now. */
  gaveAway: (model: string) => void
  baselineWaiting: (model: string) => void
  /** How many labels' events were found within `label_delay` before them, elsewhere, or nowhere yet. */
  labelsLookedUp: (
    model: string,
    found: { readonly inTime: number; readonly late: number; readonly unmatched: number },
  ) => void
  failed: (model: string, error: unknown) => void
  ticked: (seconds: number) => void
}

function declareGauges(registers: Registry[]) {
  return {
    delay: new Gauge({
      name: 'tidegauge_monitor_window_delay_seconds',
      help: 'From the end of the newest evaluated window until its metrics were written. Near lateness plus one interval is normal; more means the monitor is behind.',
      labelNames: ['model'],
      registers,
    }),
    pending: new Gauge({
      name: 'tidegauge_monitor_pending_windows',
      help: 'Base windows touched and not evaluated yet. Growing without end: the monitor is too slow or a baseline is missing.',
      labelNames: ['model'],
      registers,
    }),
    behind: new Gauge({
      name: 'tidegauge_monitor_behind_seconds',
      help: 'How long closed windows of the model have waited for their evaluation; 0 is usual. Rising: a baseline is missing, evaluations fail, or this monitor has too much to do.',
      labelNames: ['model'],
      registers,
    }),
  }
}

function declareMetrics(registry: Registry) {
  const registers = [registry]
  return {
    windows: new Counter({
      name: 'tidegauge_monitor_windows_total',
      help: 'Windows evaluated, revisions included. A model whose rate is 0 while events arrive waits for its baseline or its watermark.',
      labelNames: ['model', 'window'],
      registers,
    }),
    labelled: new Counter({
      name: 'tidegauge_monitor_labelled_windows_total',
      help: 'Windows whose labels were evaluated, revisions included. While labels arrive a window is evaluated again and again.',
      labelNames: ['model', 'window'],
      registers,
    }),
    rows: new Counter({
      name: 'tidegauge_monitor_metric_rows_total',
      help: 'Rows written to table metrics: what slices × features × detectors cost.',
      labelNames: ['model'],
      registers,
    }),
    seconds: new Histogram({
      name: 'tidegauge_monitor_evaluation_seconds',
      help: 'Time to evaluate all due windows of one width of one model.',
      buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
      registers,
    }),
    ...declareGauges(registers),
    labels: new Counter({
      name: 'tidegauge_monitor_labels_total',
      help: 'Labels whose events were looked up: found `in_time`, `late` (not within label_delay before the label; it counts all the same) or `unmatched` (no such event so far). New labels are looked up more than once: read the shares. Many late ones: raise label_delay, which makes finding them cheaper.',
      labelNames: ['model', 'found'],
      registers,
    }),
    failures: new Counter({
      name: 'tidegauge_monitor_failures_total',
      help: 'Evaluations that failed and will be tried again. No alert changes meanwhile.',
      labelNames: ['model'],
      registers,
    }),
    ticks: new Histogram({
      name: 'tidegauge_monitor_tick_seconds',
      help: 'One look at the ledger with all that followed from it.',
      buckets: [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60],
      registers,
    }),
  }
}

export function createMonitorEvents(registry: Registry, log: Logger): MonitorEvents {
  const metrics = declareMetrics(registry)
  const waiting = new Set<string>()
  return {
    evaluated: (facts) => {
      const windows = facts.part === 'events' ? metrics.windows : metrics.labelled
      windows.inc({ model: facts.model, window: facts.window }, facts.windows)
      metrics.rows.inc({ model: facts.model }, facts.metrics)
      metrics.seconds.observe(facts.seconds)
      waiting.delete(facts.model)
      log.debug(facts, 'windows evaluated')
    },
    windowDelay: (model, delayMs) => {
      metrics.delay.set({ model }, delayMs / 1000)
    },
    pending: (model, windows) => {
      metrics.pending.set({ model }, windows)
    },
    behind: (model, seconds) => {
      metrics.behind.set({ model }, seconds)
    },
    gaveAway: (model) => {
      for (const gauge of [metrics.delay, metrics.pending, metrics.behind]) gauge.remove({ model })
    },
    baselineWaiting: (model) => {
      if (waiting.has(model)) return
      waiting.add(model)
      log.info({ model }, 'windows wait until a baseline can freeze the bins')
    },
    labelsLookedUp: (model, { inTime, late, unmatched }) => {
      metrics.labels.inc({ model, found: 'in_time' }, inTime)
      metrics.labels.inc({ model, found: 'late' }, late)
      metrics.labels.inc({ model, found: 'unmatched' }, unmatched)
    },
    failed: (model, error) => {
      metrics.failures.inc({ model })
      log.error({ model, err: error }, 'evaluation failed, it is tried again')
    },
    ticked: (seconds) => {
      metrics.ticks.observe(seconds)
    },
  }
}
