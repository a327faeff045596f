import type { ModelFile } from '../../core/model-spec.ts'
import type { Seeded } from '../support/seeded.ts'

export const minuteMs = 60_000
/** Yesterday at midnight: events of a live source may be so old. */
export const streamFrom = Math.floor(Date.now() / 86_400_000 - 1) * 86_400_000
const minutes = 116
const perMinute = 150

export interface ShopEvent {
  readonly model: 'shop'
  readonly version: string
  readonly id: string
  readonly ts: string
  readonly features: { readonly amount: number; readonly country: string }
}

/** A model whose `amount` is watched in windows of a minute and of an hour. */
export const killModel = (url: string, secretFile: string): ModelFile => ({
  model: 'shop',
  kind: 'features',
  features: { amount: 'numeric', country: 'categorical' },
  slices: ['country'],
  window: '1m',
  windows: ['1h'],
  lateness: '1s',
  min_samples: 30,
  baselines: { training: { file: 'reference.csv' }, lately: { trailing: '10m' } },
  monitors: [
    {
      name: 'drift',
      metric: 'psi',
      critical: '> 0.5',
      for: '2 of 3',
      features: ['amount'],
      actions: ['retrain'],
    },
  ],
  actions: { retrain: { preset: 'webhook', url, secret: `file:${secretFile}` } },
})

/** Each version drifts for eight minutes of every sixteen, the first one ahead of the second. */
const driftMinutes = 8
const ahead: Readonly<Record<string, number>> = { '1': 4, '2': 0 }

const isDrifted = (version: string, minute: number): boolean =>
  Math.floor((minute + (ahead[version] ?? 0)) / driftMinutes) % 2 === 1

/** Two versions in turn, in order. */
export function stream(random: Seeded): ShopEvent[] {
  return Array.from({ length: minutes * perMinute }, (_, i) => {
    const minute = i / perMinute
    const version = i % 2 === 0 ? '1' : '2'
    return {
      model: 'shop',
      version,
      id: `s-${i}`,
      ts: new Date(streamFrom + Math.floor(minute * minuteMs)).toISOString(),
      features: {
        amount: 100 + 20 * (random.normal() + (isDrifted(version, minute) ? 3 : 0)),
        country: random.pick(['DE', 'FR', 'US']),
      },
    }
  })
}

/**
 * The changes of state of a version: a first breach is pending, a second one of three critical, and
 * two good windows end it.
 */
export function expectedSteps(version: string): [minute: number, from: string, to: string][] {
  const steps: [number, string, string][] = []
  for (let minute = 1; minute < minutes; minute++) {
    const begins = isDrifted(version, minute) && !isDrifted(version, minute - 1)
    const ended = !isDrifted(version, minute - 1) && minute > 1 && isDrifted(version, minute - 2)
    if (begins) steps.push([minute, 'ok', 'pending'], [minute + 1, 'pending', 'critical'])
    if (ended) steps.push([minute, 'critical', 'ok'])
  }
  return steps
}

/** What the store must give back of an event, as text. */
export const eventFacts = ({ id, ts, version, features }: ShopEvent): string =>
  JSON.stringify([id, Date.parse(ts), version, features.amount, features.country])

export function reference(random: Seeded): string {
  const rows = Array.from(
    { length: 3000 },
    () => `${100 + 20 * random.normal()},${random.pick(['DE', 'FR', 'US'])}`,
  )
  return ['amount,country', ...rows].join('\n')
}
