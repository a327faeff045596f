import type { ModelFile } from '../../core/model-spec.ts'
import type { Seeded } from '../support/seeded.ts'

export const hour = 3_600_000
export const streamStart = Date.UTC(2026, 10, 18)
export const streamHours = 28
export const openingHours = 5

/** Baselines of every kind that windows can depend on, and monitors that fire and recover. */
export const streamModel = (trainingFile: string): ModelFile => ({
  model: 'payments',
  task: 'binary_classification',
  features: {
    amount: 'numeric',
    age: { type: 'numeric', min: 0, max: 120 },
    country: 'categorical',
    mobile: 'boolean',
  },
  slices: ['country', ['tags.region', 'age']],
  window: '1h',
  windows: ['3h'],
  lateness: '30m',
  label_delay: '40m',
  min_samples: 20,
  detectors: ['psi', 'ks', 'js', 'wasserstein', 'chi2', 'linf', 'ks/exact'],
  baselines: {
    training: { file: trainingFile },
    opening: { range: { from: iso(streamStart), to: iso(streamStart + openingHours * hour) } },
    lately: { trailing: '3h' },
    first_version: { version: '1' },
  },
  sequential: [
    {
      metric: 'psi',
      method: 'cusum',
      parameters: { minInstances: 4, threshold: 3 },
      baseline: 'lately',
      slices: ['*'],
    },
    { metric: 'missing_rate', method: 'ewma', parameters: { minInstances: 3 }, window: '3h' },
    { metric: 'ece', method: 'cusum', parameters: { minInstances: 4, threshold: 3 } },
    { stream: 'errors', method: 'adwin', parameters: { clock: 1, delta: 0.5, cuts: 'all' } },
  ],
  monitors: [
    {
      name: 'changes',
      metric: 'change_point',
      critical: '>= 1',
      baseline: 'lately',
      slices: ['*'],
      actions: ['retrain'],
    },
    {
      name: 'drift',
      metric: 'psi',
      critical: '> 0.25',
      warn: '> 0.1',
      for: '2 of 3',
      slices: ['*'],
      actions: ['retrain'],
    },
    { name: 'sudden', metric: 'ks', baseline: 'lately', warn: '> 0.2' },
    { name: 'exact', metric: 'ks/exact', baseline: 'opening', warn: '> 0.15', window: '3h' },
    { name: 'calibration', metric: 'ece', critical: '> 0.12', actions: ['retrain'] },
    { name: 'slow-calibration', metric: 'ece', warn: '> 0.1', window: '3h', slices: ['*'] },
    {
      name: 'gaps',
      metric: 'missing_rate',
      critical: '> 0.08',
      features: ['amount'],
      actions: ['retrain'],
    },
    {
      name: 'unusual',
      metric: 'mean',
      features: ['amount', 'age'],
      slices: ['*'],
      warn: { learnt: { over: '6h', min_windows: 4, deviations: 1.5 } },
      critical: { learnt: { over: '9h', min_windows: 5, deviations: 3, center: 'median' } },
      for: '2 of 3',
    },
    {
      name: 'not-as-at-first',
      metric: 'psi',
      slices: ['*'],
      critical: { learnt: { from: 'opening', min_windows: 3, deviations: 2 } },
    },
  ],
  false_alarms: { budget: 40, per: '1d' },
  // Planned and never sent: nothing here delivers.
  actions: { retrain: { preset: 'webhook', url: 'https://retrain.example/hook' } },
})

const iso = (ms: number): string => new Date(ms).toISOString()

/** One event as its line and what the test must know of it. */
export interface StreamEvent {
  readonly ts: number
  readonly line: string
}

/**
 * Some hours of events in the order they happened: two versions, a shadow arm, values that are
 * missing, invalid, of another type, out of range and never seen before, and a shift in between.
 */
export function eventStream(random: Seeded, count: number): StreamEvent[] {
  const step = (streamHours * hour) / count
  return Array.from({ length: count }, (_, i) => {
    const ts = Math.floor(streamStart + i * step)
    const shifted = ts >= streamStart + 14 * hour && ts < streamStart + 20 * hour
    const version = random.next() < 0.3 ? '2' : '1'
    const score = random.next()
    const event = {
      model: 'payments',
      version,
      variant: version === '2' && random.next() < 0.5 ? 'shadow' : 'live',
      id: `p-${i}`,
      ts: iso(ts),
      features: {
        amount: oddities(random, Math.exp(3 + random.normal()) * (shifted ? 1.8 : 1)),
        age: random.next() < 0.02 ? 130 : random.int(18, 90),
        country: random.next() < 0.01 ? `new-${random.int(1, 3)}` : country(random, shifted),
        ...(random.next() < 0.9 ? { mobile: random.next() < 0.5 } : {}),
      },
      prediction: score > 0.5 ? '1' : '0',
      score,
      latency_ms: 5 + 10 * random.next(),
      tags: { region: random.pick(['eu', 'us']) },
      ...(random.next() < 0.02 ? { error: 'timeout' } : {}),
    }
    // JSON.stringify has no way to write a number beyond all numbers; producers do.
    return { ts, line: JSON.stringify(event).replace('"beyond"', '1e999') }
  })
}

export interface LabelledStream {
  /** In the order of their events; a few events have none, and a few labels no event. */
  readonly labels: readonly StreamEvent[]
  /** What some of them are replaced by. */
  readonly corrections: readonly StreamEvent[]
}

/** Labels of a stream, up to an hour after their events; some are corrected later. `ts` is that of the event. */
export function labelStream(random: Seeded, stream: readonly StreamEvent[]): LabelledStream {
  const labels: StreamEvent[] = []
  const corrections: StreamEvent[] = []
  for (const { ts, line } of stream) {
    if (random.next() < 0.15) continue
    const { id, score } = JSON.parse(line.replace('1e999', 'null')) as { id: string; score: number }
    const label = random.next() < 0.8 * score ? '1' : '0'
    // Some come later than label_delay says: they count all the same.
    const delay = random.int(5, 55) * 60_000
    const one = (text: string): StreamEvent => {
      const told = { type: 'label', model: 'payments', id, label: text, ts: iso(ts + delay) }
      return { ts, line: JSON.stringify(told) }
    }
    labels.push(one(label))
    if (random.next() < 0.1) corrections.push(one(label === '1' ? '0' : '1'))
  }
  labels.push({ ts: streamStart, line: labels[0]!.line.replace(/"p-\d+"/, '"nobody"') })
  return { labels, corrections }
}

function oddities(random: Seeded, value: number): number | string | null {
  const draw = random.next()
  if (draw < 0.05) return null
  if (draw < 0.06) return 'beyond'
  if (draw < 0.07) return 'n/a'
  return value
}

const country = (random: Seeded, shifted: boolean): string =>
  random.pick(shifted ? ['DE', 'FR', 'US', 'US'] : ['DE', 'DE', 'FR', 'US'])

/** The training file of the model, as CSV. */
export function trainingFile(random: Seeded, rows: number): string {
  const lines = Array.from({ length: rows }, () =>
    [
      Math.exp(3 + random.normal()),
      random.int(18, 90),
      country(random, false),
      random.next() < 0.5,
    ].join(','),
  )
  return ['amount,age,country,mobile', ...lines].join('\n')
}
