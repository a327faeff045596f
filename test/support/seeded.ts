/** Random numbers that are the same on every run: mulberry32 and what tests draw from it. */
export interface Seeded {
  /** Uniform in [0, 1). */
  next: () => number
  /** A whole number, both ends included. */
  int: (low: number, high: number) => number
  /** Standard normal. */
  normal: () => number
  pick: <T>(items: readonly T[]) => T
  /** A new order; the input stays as it is. */
  shuffled: <T>(items: readonly T[]) => T[]
}

export function seeded(seed: number): Seeded {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
  const int = (low: number, high: number): number => low + Math.floor(next() * (high - low + 1))
  return {
    next,
    int,
    // Box–Muller; 1 − u keeps the logarithm finite.
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    pick: (items) => items[int(0, items.length - 1)]!,
    shuffled: (items) => {
      const order = [...items]
      for (let i = order.length - 1; i > 0; i--) {
        const j = int(0, i)
        ;[order[i], order[j]] = [order[j]!, order[i]!]
      }
      return order
    },
  }
}

/** An event in the native wire format. */
export interface SampleEvent {
  readonly model: string
  readonly version: string
  readonly id: string
  /** ISO 8601, UTC. */
  readonly ts: string
  readonly features: Readonly<Record<string, number | string | null>>
  readonly prediction: string
  readonly score: number
  readonly latency_ms: number
  readonly tags: Readonly<Record<string, string>>
}

export interface SampleOptions {
  readonly model?: string
  readonly version?: string
  readonly count: number
  /** Event time of the first event, epoch ms. Default 2026-01-01. */
  readonly from?: number
  /** Between events, ms. Default 1000. */
  readonly stepMs?: number
  /** Added to the mean of `amount`, in its standard deviations: drift on demand. */
  readonly shift?: number
  /** Share of events whose `amount` is null. */
  readonly missing?: number
  /** Number of the first event: ids are `<model>-<number>`. */
  readonly firstId?: number
}

/** Events of a fraud-like model: `amount` (mean 100, sd 20), `country` (DE, FR, US by 5:3:2), region tag. */
export function sampleEvents(random: Seeded, options: SampleOptions): SampleEvent[] {
  const { model = 'fraud', version = '1', firstId = 0, stepMs = 1000, shift = 0 } = options
  const from = options.from ?? Date.UTC(2026, 0, 1)
  return Array.from({ length: options.count }, (_, i) => {
    const score = random.next()
    return {
      model,
      version,
      id: `${model}-${firstId + i}`,
      ts: new Date(from + i * stepMs).toISOString(),
      features: {
        amount:
          random.next() < (options.missing ?? 0) ? null : 100 + 20 * (random.normal() + shift),
        country: random.pick(['DE', 'DE', 'DE', 'DE', 'DE', 'FR', 'FR', 'FR', 'US', 'US']),
      },
      prediction: score > 0.5 ? '1' : '0',
      score,
      latency_ms: 5 + 10 * random.next(),
      tags: { region: random.pick(['eu', 'us']) },
    }
  })
}
