import { createTimestampReader } from '../timestamps.ts'

const naive = /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?$/
const offsetName = /^([+-])(\d{2}):?(\d{2})?$/
const dayMs = 86_400_000
const quarterMs = 900_000

/**
 * Reads ISO 8601 times that may lack a zone: they are then of `timeZone`, an offset such as `+02:00`
 * or a name of the IANA data base. Answers epoch ms, or NaN for what is no time, has no zone where
 * `timeZone` is null, or comes with a zone that this runtime does not know.
 *
 * A local time that a clock shows twice in autumn is its first; one that a clock skips in spring is
 * read as if it had not yet been put forward.
 */
export function createLocalTimeReader(timeZone: string | null): (text: string) => number {
  const withZone = createTimestampReader()
  const offsetAt = timeZone === null ? null : zoneOffset(timeZone)
  return (text) => {
    const match = naive.exec(text)
    if (match === null) return withZone(text)
    if (offsetAt === null) return NaN
    const [, year, month, day, hour, minute, second = '00', fraction = ''] = match
    const millis = fraction.padEnd(3, '0').slice(0, 3)
    const shown = withZone(
      `${year ?? ''}-${month ?? ''}-${day ?? ''}T${hour ?? ''}:${minute ?? ''}:${second}.${millis}Z`,
    )
    return Number.isNaN(shown) ? NaN : instantOf(shown, offsetAt)
  }
}

type OffsetAt = (instant: number) => number

function instantOf(shown: number, offsetAt: OffsetAt): number {
  const before = offsetAt(shown - dayMs)
  const after = offsetAt(shown + dayMs)
  // The greater offset gives the earlier instant, and an instant counts if its own offset says so.
  for (const offset of [Math.max(before, after), Math.min(before, after)]) {
    if (offsetAt(shown - offset) === offset) return shown - offset
  }
  return shown - before
}

/** Offset from UTC in ms at an instant; null for a zone that is none. */
function zoneOffset(timeZone: string): OffsetAt | null {
  if (/^(z|utc)$/i.test(timeZone)) return () => 0
  const fixed = offsetName.exec(timeZone)
  if (fixed !== null) {
    const minutes = Number(fixed[2]) * 60 + Number(fixed[3] ?? 0)
    const offset = (fixed[1] === '-' ? -1 : 1) * minutes * 60_000
    return () => offset
  }
  try {
    return namedOffset(formatOf(timeZone))
  } catch {
    return null
  }
}

const formatOf = (timeZone: string): Intl.DateTimeFormat =>
  new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })

/** Zones change on quarters of an hour, so one answer serves all instants of a quarter. */
function namedOffset(format: Intl.DateTimeFormat): OffsetAt {
  const known = new Map<number, number>()
  return (instant) => {
    const quarter = Math.floor(instant / quarterMs)
    const cached = known.get(quarter)
    if (cached !== undefined) return cached
    const at = quarter * quarterMs
    const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]))
    const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0
    const shown = Date.UTC(
      part('year'),
      part('month') - 1,
      part('day'),
      part('hour'),
      part('minute'),
      part('second'),
    )
    if (known.size >= 1000) known.clear()
    known.set(quarter, shown - at)
    return shown - at
  }
}
