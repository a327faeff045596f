import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { pathToFileURL } from 'node:url'
import Table from 'cli-table3'
import { ksTwoSample } from '../../detectors/drift/ks.ts'
import { psi } from '../../detectors/drift/psi.ts'
import {
  dayMs,
  daysBetween,
  inKilometresFrom,
  months,
  openFlights,
  readMonth,
  weekdays,
  type FlightData,
  type Flights,
} from './features.ts'
import { auc, lateMinutes, scores, type FlightModel } from './logistic-regression.ts'

// What the example expects the service to find, worked out here without it.

type Values = (flights: Flights) => ArrayLike<number>
type Counter = (flights: Flights) => number[]

/** Counts per category, or per tenth of January with missing values as a bin of their own. */
function counters(data: FlightData, january: Flights, model: FlightModel): Map<string, Counter> {
  const categories = (values: Values, size: number): Counter => {
    return (flights) => counted(values(flights), size, (code) => code)
  }
  const tenths = (values: Values): Counter => {
    const edges = deciles(values(january))
    const place = (value: number): number =>
      Number.isNaN(value) ? edges.length + 1 : edges.filter((edge) => edge <= value).length
    return (flights) => counted(values(flights), edges.length + 2, place)
  }
  return new Map([
    ['distance', tenths((flights) => flights.distance)],
    ['hour', categories((flights) => flights.hour, 24)],
    ['weekday', categories((flights) => flights.weekday, weekdays.length)],
    ['origin', categories((flights) => flights.origin, data.airports.length)],
    ['destination', categories((flights) => flights.destination, data.airports.length)],
    ['recent_delay', tenths((flights) => flights.recentDelay)],
    ['score', tenths((flights) => scores(model, flights))],
  ])
}

function counted(
  values: ArrayLike<number>,
  size: number,
  place: (value: number) => number,
): number[] {
  const counts = Array.from({ length: size }, () => 0)
  for (const value of Array.from(values)) {
    const bin = place(value)
    counts[bin] = (counts[bin] ?? 0) + 1
  }
  return counts
}

function deciles(values: ArrayLike<number>): number[] {
  const sorted = Float64Array.from(values)
    .filter((value) => !Number.isNaN(value))
    .sort()
  const edges = Array.from(
    { length: 9 },
    (_, i) => sorted[Math.floor(((i + 1) * sorted.length) / 10)],
  )
  return [...new Set(edges)].filter((edge) => edge !== undefined)
}

function printMonths(months: readonly (readonly [string, Flights])[], model: FlightModel): void {
  const table = new Table({ head: ['month', 'flights', 'late', 'AUC', 'AUC in km'], style: plain })
  for (const [month, flights] of months) {
    const late = flights.delay.filter((minutes) => minutes > lateMinutes).length / flights.rows
    table.push([
      month,
      flights.rows,
      `${(100 * late).toFixed(1)} %`,
      auc(model, flights).toFixed(3),
      auc(model, inKilometresFrom(flights, 0)).toFixed(3),
    ])
  }
  console.log(table.toString())
}

async function printDays(data: FlightData, january: Flights, model: FlightModel): Promise<void> {
  const table = new Table({
    head: ['PSI by day', 'median', 'greatest', 'days > 0.2'],
    style: plain,
  })
  const found = new Map<string, number[]>()
  const kinds = [...counters(data, january, model)].map(([feature, count]) => ({
    feature,
    count,
    reference: count(january),
  }))
  const add = (name: string, value: number): void => {
    found.set(name, [...(found.get(name) ?? []), value])
  }
  // June 30 is cut short at the end of the data.
  for await (const day of daysBetween(data, Date.UTC(2001, 1, 1), Date.UTC(2001, 5, 30))) {
    for (const { feature, count, reference } of kinds) {
      add(feature, psi(reference, count(day)))
      if (feature === 'distance')
        add('distance in km', psi(reference, count(inKilometresFrom(day, 0))))
    }
  }
  for (const [feature, values] of found) {
    const sorted = [...values].sort((a, b) => a - b)
    const middle = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
    const breaches = values.filter((value) => value > 0.2).length
    table.push([feature, middle.toFixed(4), (sorted.at(-1) ?? 0).toFixed(3), breaches])
  }
  console.log(table.toString())
}

const plain = { head: [], border: [] }

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { directory: { type: 'string', default: 'data/flights' } },
  })
  const data = await openFlights(join(values.directory, 'features'))
  if (data === null) throw new Error(`no features in ${values.directory}: run train.ts first`)
  const model = JSON.parse(
    await readFile(join(values.directory, 'model-1.json'), 'utf8'),
  ) as FlightModel
  const january = await readMonth(data, '2001-01')
  const later: [string, Flights][] = []
  for (const month of months) later.push([month, await readMonth(data, month)])
  printMonths(later, model)
  await printDays(data, january, model)
  const march = await readMonth(data, '2001-03')
  const gap = (flights: Flights): string =>
    ksTwoSample([...january.distance], [...flights.distance]).toFixed(3)
  console.log(`KS of distance, March against January: ${gap(march)}`)
  console.log(`the same with the fault: ${gap(inKilometresFrom(march, march.ts[0] ?? dayMs))}`)
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main()
