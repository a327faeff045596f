import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { tableFromIPC } from 'apache-arrow'
import type { Store } from '../../store/client.ts'

/** Flights of one stretch of time, in the order of their departure. Column i of each is flight i. */
export interface Flights {
  readonly rows: number
  /** A number that is the flight's own for ever: event ids are made of it. */
  readonly number: Uint32Array
  /** Departure, epoch ms; the airport's clock read as if it were UTC. */
  readonly ts: Float64Array
  /** Statute miles. */
  readonly distance: Float64Array
  readonly hour: Uint8Array
  /** 0 is Monday. */
  readonly weekday: Uint8Array
  /** Places in `airports`. */
  readonly origin: Uint16Array
  readonly destination: Uint16Array
  /** Minutes; NaN when nothing was known at the origin. */
  readonly recentDelay: Float64Array
  /** Delay on arrival, minutes: what the model must foresee. */
  readonly delay: Int32Array
}

export interface FlightData {
  readonly airports: readonly string[]
  readonly directory: string
}

export const weekdays = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const
export const months = ['2001-01', '2001-02', '2001-03', '2001-04', '2001-05', '2001-06'] as const
export type Month = (typeof months)[number]

export const dayMs = 86_400_000

/** 3 000 000 flights within the United States, 2001-01-01 to 2001-07-01, of package vega-datasets. */
export const flightsFile = (): string =>
  join(
    dirname(createRequire(import.meta.url).resolve('vega-datasets')),
    '../data/flights-3m.parquet',
  )

// What the cache holds depends on this text: a change of it makes the cache anew.
const cacheVersion = 3

/**
 * Makes the features once and keeps them by month in `directory`, as Arrow files that any process
 * reads without a database. Answers what is there when it is.
 */
export async function prepareFlights(
  store: Store,
  directory: string,
  source = flightsFile(),
): Promise<FlightData> {
  const ready = await openFlights(directory)
  if (ready !== null) return ready
  await mkdir(directory, { recursive: true })
  const airports = await store.query({
    name: 'flights-airports',
    sql: `SELECT DISTINCT arrayJoin([origin, destination]) AS airport FROM file({source:String}, 'Parquet') ORDER BY airport`,
    params: { source },
    toRow: (raw) => String(raw['airport']),
  })
  await store.command({ name: 'flights-drop', sql: 'DROP TABLE IF EXISTS flights' })
  await store.command({ name: 'flights-features', sql: featuresSql, params: { source, airports } })
  for (const month of months) {
    await store.command({
      name: 'flights-month',
      sql: monthSql,
      params: { file: monthFile(directory, month), month: Number(month.slice(-2)) },
    })
  }
  await store.command({ name: 'flights-drop', sql: 'DROP TABLE flights' })
  // Written last and moved into place: a cache that was cut short is not taken for a whole one.
  const manifest = join(directory, 'flights.json')
  await writeFile(`${manifest}.part`, JSON.stringify({ cacheVersion, airports }))
  await rename(`${manifest}.part`, manifest)
  return { airports, directory }
}

// What was known at the origin: the mean delay of the flights that left it 2 to 5 hours ago. Two
// hours stand for the flight itself: the data do not say when it landed, and most have by then.
// avg() of an empty frame is NaN. The order is total, so numbers are the same on every machine.
const featuresSql = `
CREATE TABLE flights ENGINE = Memory AS
SELECT
  toUInt32(rowNumberInAllBlocks()) AS number,
  date,
  toInt32(distance) AS distance,
  toUInt16(transform(origin, {airports:Array(String)}, range(length({airports:Array(String)})), 0)) AS origin,
  toUInt16(transform(destination, {airports:Array(String)}, range(length({airports:Array(String)})), 0)) AS destination,
  round(recent_delay, 1) AS recent_delay,
  toInt32(delay) AS delay
FROM (
  SELECT *, avg(delay) OVER (
    PARTITION BY origin ORDER BY toUnixTimestamp(date)
    RANGE BETWEEN 18000 PRECEDING AND 7200 PRECEDING
  ) AS recent_delay
  FROM file({source:String}, 'Parquet')
  ORDER BY date, origin, destination, distance, delay
)`

const monthSql = `
INSERT INTO FUNCTION file({file:String}, 'Arrow')
SELECT
  number,
  toFloat64(toUnixTimestamp(date)) * 1000 AS ts,
  toFloat64(distance) AS distance,
  toUInt8(toHour(date)) AS hour,
  toUInt8(toDayOfWeek(date) - 1) AS weekday,
  origin,
  destination,
  assumeNotNull(ifNull(recent_delay, nan)) AS recent_delay,
  delay
FROM flights
WHERE toMonth(date) = {month:UInt8}
ORDER BY number
SETTINGS engine_file_truncate_on_insert = 1, output_format_arrow_compression_method = 'none'`

const monthFile = (directory: string, month: string): string => join(directory, `${month}.arrow`)

/** The features made before, or null when they are not there or of another version of this file. */
export async function openFlights(directory: string): Promise<FlightData | null> {
  const text = await readFile(join(directory, 'flights.json'), 'utf8').catch(() => null)
  if (text === null) return null
  const manifest = JSON.parse(text) as { cacheVersion: number; airports: string[] }
  return manifest.cacheVersion === cacheVersion ? { airports: manifest.airports, directory } : null
}

/** One month's flights. */
export async function readMonth({ directory }: FlightData, month: Month): Promise<Flights> {
  const table = tableFromIPC(await readFile(monthFile(directory, month)))
  const column = (name: string): unknown => {
    const vector = table.getChild(name)
    if (vector === null) throw new RangeError(`${month}.arrow has no column ${name}`)
    return vector.toArray()
  }
  return {
    rows: table.numRows,
    number: column('number') as Uint32Array,
    ts: column('ts') as Float64Array,
    distance: column('distance') as Float64Array,
    hour: column('hour') as Uint8Array,
    weekday: column('weekday') as Uint8Array,
    origin: column('origin') as Uint16Array,
    destination: column('destination') as Uint16Array,
    recentDelay: column('recent_delay') as Float64Array,
    delay: column('delay') as Int32Array,
  }
}

/** The flights of [from, to), epoch ms, month by month, so that memory holds one month at a time. */
export async function* flightsBetween(
  data: FlightData,
  from: number,
  to: number,
): AsyncGenerator<Flights, void, void> {
  for (const month of months) {
    const start = Date.parse(`${month}-01T00:00:00Z`)
    const next = new Date(start)
    next.setUTCMonth(next.getUTCMonth() + 1)
    if (next.getTime() <= from || start >= to) continue
    const flights = await readMonth(data, month)
    yield cut(flights, firstAt(flights.ts, from), firstAt(flights.ts, to))
  }
}

/** One day after the other. */
export async function* daysBetween(
  data: FlightData,
  from: number,
  to: number,
): AsyncGenerator<Flights, void, void> {
  for await (const flights of flightsBetween(data, from, to)) {
    let start = 0
    while (start < flights.rows) {
      const day = Math.floor((flights.ts[start] ?? 0) / dayMs)
      const end = firstAt(flights.ts, (day + 1) * dayMs)
      yield cut(flights, start, end)
      start = end
    }
  }
}

/** Flights start to end (exclusive), sharing memory with the whole. */
export function cut(flights: Flights, start: number, end: number): Flights {
  return {
    rows: Math.max(0, end - start),
    number: flights.number.subarray(start, end),
    ts: flights.ts.subarray(start, end),
    distance: flights.distance.subarray(start, end),
    hour: flights.hour.subarray(start, end),
    weekday: flights.weekday.subarray(start, end),
    origin: flights.origin.subarray(start, end),
    destination: flights.destination.subarray(start, end),
    recentDelay: flights.recentDelay.subarray(start, end),
    delay: flights.delay.subarray(start, end),
  }
}

/** All of them as one. */
export function joined(parts: readonly Flights[]): Flights {
  const rows = parts.reduce((sum, part) => sum + part.rows, 0)
  const all: Flights = {
    rows,
    number: new Uint32Array(rows),
    ts: new Float64Array(rows),
    distance: new Float64Array(rows),
    hour: new Uint8Array(rows),
    weekday: new Uint8Array(rows),
    origin: new Uint16Array(rows),
    destination: new Uint16Array(rows),
    recentDelay: new Float64Array(rows),
    delay: new Int32Array(rows),
  }
  let start = 0
  for (const part of parts) {
    all.number.set(part.number, start)
    all.ts.set(part.ts, start)
    all.distance.set(part.distance, start)
    all.hour.set(part.hour, start)
    all.weekday.set(part.weekday, start)
    all.origin.set(part.origin, start)
    all.destination.set(part.destination, start)
    all.recentDelay.set(part.recentDelay, start)
    all.delay.set(part.delay, start)
    start += part.rows
  }
  return all
}

/** Element i, which every caller keeps in bounds. */
export function at(values: ArrayLike<number>, i: number): number {
  return values[i] ?? Number.NaN
}

/** Index of the first flight at or after a time. */
function firstAt(ts: Float64Array, at: number): number {
  let [low, high] = [0, ts.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((ts[middle] ?? Infinity) < at) low = middle + 1
    else high = middle
  }
  return low
}

export const kilometresPerMile = 1.609344

/**
 * The fault of this example: an upstream feed that sends kilometres where miles were agreed. A copy
 * in which `distance` is in kilometres from that time on.
 */
export function inKilometresFrom(flights: Flights, from: number): Flights {
  const first = firstAt(flights.ts, from)
  if (first === flights.rows) return flights
  const distance = Float64Array.from(flights.distance, (miles, i) =>
    i < first ? miles : Math.round(miles * kilometresPerMile),
  )
  return { ...flights, distance }
}
