const unitMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const

/**
 * What a duration looks like in configuration: a whole number and a unit, `90s`, `5m`, `1d`. Six
 * digits of weeks are 6e14 ms: every duration is an exact number.
 */
export const durationPattern = '^[1-9][0-9]{0,5}(ms|s|m|h|d|w)$'

/** Milliseconds of a duration such as `5m`. Throws a RangeError for anything else. */
export function durationMs(text: string): number {
  const match = /^([1-9][0-9]{0,5})(ms|s|m|h|d|w)$/.exec(text)
  if (match === null)
    throw new RangeError(`a duration is a number and a unit such as 5m, not "${text}"`)
  return Number(match[1]) * unitMs[match[2] as keyof typeof unitMs]
}

/** The shortest name of a duration: 3 600 000 is `1h`. */
export function durationName(ms: number): string {
  if (ms === 0) return '0s'
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    if (ms % unitMs[unit] === 0) return `${ms / unitMs[unit]}${unit}`
  }
  return `${ms}ms`
}
