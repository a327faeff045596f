import { type Verdict } from './detector.ts'

/** Which shifts a two-sided test tells. */
export type Mode = 'up' | 'down' | 'both'

export const modes: readonly Mode[] = ['up', 'down', 'both']

/** Verdict on the greater of the watched sides. `above` is strict, `at-least` is not. */
export function beyond(
  mode: Mode,
  sides: { readonly up: number; readonly down: number },
  threshold: number,
  operator: 'above' | 'at-least',
): Verdict {
  const way = mode === 'both' ? (sides.down > sides.up ? 'down' : 'up') : mode
  const statistic = sides[way]
  const drift = operator === 'above' ? statistic > threshold : statistic >= threshold
  return { change: drift ? 'drift' : 'none', way: drift ? way : null, statistic, threshold }
}
