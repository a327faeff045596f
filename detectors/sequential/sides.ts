import { undecided, type Verdict } from './detector.ts'

/** A change in one way and what it must pass. */
export interface Side {
  readonly statistic: number
  readonly drift: number
  readonly warning: number
}

/** Verdict of a test with warnings on one or both ways; a rise is told before a fall. */
export function verdictOfSides(
  up: Side | null,
  down: Side | null,
  passes: (statistic: number, limit: number) => boolean,
): Verdict {
  const ways = [
    ...(up === null ? [] : [{ ...up, way: 'up' as const }]),
    ...(down === null ? [] : [{ ...down, way: 'down' as const }]),
  ]
  const drift = ways.find((side) => passes(side.statistic, side.drift))
  const warning = ways.find((side) => passes(side.statistic, side.warning))
  const told = drift ?? warning ?? ways[0]
  if (told === undefined) return undecided
  const change = drift !== undefined ? 'drift' : warning !== undefined ? 'warning' : 'none'
  return {
    change,
    way: change === 'none' ? null : told.way,
    statistic: told.statistic,
    threshold: told.drift,
  }
}
