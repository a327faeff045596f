// ISO 8601 with a zone; seconds and fractions may be left out. No bare local time: it would mean
// another instant on every machine.
const iso =
  /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(Z|z|[+-]\d{2}(?::?\d{2})?)$/

/**
 * Epoch milliseconds of an event's `ts`, or NaN: epoch milliseconds themselves, or ISO 8601 with a
 * zone. Remembers the last day it has seen, since the events of a batch mostly share it.
 */
export function createTimestampReader(): (value: unknown) => number {
  let day = ''
  let dayMs = 0
  return (value) => {
    if (typeof value === 'number') return Number.isFinite(value) ? Math.trunc(value) : NaN
    if (typeof value !== 'string') return NaN
    // 2026-11-20T21:00:00Z or with .123: what nearly every producer writes, without a regex or Date.
    const length = value.length
    if ((length === 24 || length === 20) && value.charCodeAt(length - 1) === 90) {
      const time = timeOfDay(value, length === 24)
      if (time >= 0) {
        const date = value.slice(0, 10)
        if (date !== day) {
          dayMs = parseIso(`${date}T00:00:00Z`)
          day = date
        }
        return dayMs + time
      }
    }
    return parseIso(value)
  }
}

/** Milliseconds since midnight of `…THH:MM:SS(.mmm)Z`, or −1 where the text has another form. */
function timeOfDay(text: string, fraction: boolean): number {
  if (text.charCodeAt(10) !== 84 || text.charCodeAt(13) !== 58 || text.charCodeAt(16) !== 58)
    return -1
  const hours = twoDigits(text, 11, 23)
  const minutes = twoDigits(text, 14, 59)
  const seconds = twoDigits(text, 17, 59)
  if (hours < 0 || minutes < 0 || seconds < 0) return -1
  const millis = fraction ? fractionMs(text) : 0
  return millis < 0 ? -1 : ((hours * 60 + minutes) * 60 + seconds) * 1000 + millis
}

function fractionMs(text: string): number {
  const tens = twoDigits(text, 20, 99)
  const ones = text.charCodeAt(22) - 48
  return text.charCodeAt(19) !== 46 || tens < 0 || ones < 0 || ones > 9 ? -1 : tens * 10 + ones
}

/** The number of two digits at a place, or −1 where there is none or it exceeds `most`. */
function twoDigits(text: string, at: number, most: number): number {
  const tens = text.charCodeAt(at) - 48
  const ones = text.charCodeAt(at + 1) - 48
  const value = tens * 10 + ones
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 && value <= most ? value : -1
}

function parseIso(text: string): number {
  const match = iso.exec(text)
  if (match === null) return NaN
  const [
    ,
    year = '',
    month = '',
    day = '',
    hour,
    minute,
    second = '00',
    fraction = '',
    zone = 'Z',
  ] = match
  const ms = Date.parse(
    `${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction.padEnd(3, '0').slice(0, 3)}Z`,
  )
  // Date.parse rolls 31 February over into March; an instant that does not exist is no instant.
  if (Number.isNaN(ms) || new Date(ms).getUTCDate() !== Number(day)) return NaN
  return ms - zoneOffsetMs(zone)
}

function zoneOffsetMs(zone: string): number {
  if (zone === 'Z' || zone === 'z') return 0
  const hours = Number(zone.slice(1, 3))
  const minutes = Number(zone.slice(3).replace(':', '') || 0)
  if (hours > 14 || minutes > 59) return NaN
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000
}
