import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  dayMs,
  daysBetween,
  flightsBetween,
  prepareFlights,
  readMonth,
  type FlightData,
  type Flights,
} from '../../../examples/flights/features.ts'
import type { FlightModel } from '../../../examples/flights/logistic-regression.ts'
import { train } from '../../../examples/flights/train.ts'
import type { Store } from '../../../store/client.ts'
import { withStore, type TestStore } from '../../support/store.ts'

let opened: TestStore
let store: Store
let directory: string
let source: string
let data: FlightData

beforeAll(async () => {
  opened = await withStore('embedded', { migrated: false })
  store = opened.store
  directory = await mkdtemp(join(tmpdir(), 'flights-test-'))
  source = join(directory, 'source.parquet')
  // By hand: flights from A every hour of New Year's Day and one from B; then two months of traffic.
  await store.command({
    name: 'test-flights',
    sql: `INSERT INTO FUNCTION file({source:String}, 'Parquet')
      SELECT toDateTime64(concat('2001-01-01 0', toString(number), ':00:00'), 6, 'UTC') AS date,
        toInt64(10 * number) AS delay, toInt64(100 + number) AS distance, 'A' AS origin, 'B' AS destination
      FROM numbers(9)
      UNION ALL SELECT toDateTime64('2001-01-01 03:30:00', 6, 'UTC'), 7, 100, 'B', 'A'
      UNION ALL SELECT toDateTime64('2001-01-02 00:00:00', 6, 'UTC') + INTERVAL number * 12 MINUTE,
        toInt64(if(cityHash64(number) % 4 = 0, 40, 0)), toInt64(200 + number % 900),
        concat('C', toString(number % 3)), 'A' FROM numbers(7000)`,
    params: { source },
  })
  data = await prepareFlights(store, join(directory, 'features'), source)
})
afterAll(async () => {
  await opened.close()
  await rm(directory, { recursive: true, force: true })
})

async function all(flights: AsyncIterable<Flights>): Promise<Flights[]> {
  const parts: Flights[] = []
  for await (const part of flights) parts.push(part)
  return parts
}

test('the recent delay at the origin is the mean of flights that left 2 to 5 hours before, no other', async () => {
  const january = await readMonth(data, '2001-01')
  const fromA = [...january.recentDelay.subarray(0, 10)].filter((_, i) => i !== 4)
  // At 02:00 the flight of 00:00 is known; at 08:00 those of 03:00 to 06:00.
  expect(fromA).toEqual([NaN, NaN, 0, 5, 10, 15, 25, 35, 45])
  expect(january.recentDelay[4]).toBeNaN()
})

test('flights are numbered in the order of departure, on through the months', async () => {
  const [january, february] = await all(flightsBetween(data, 0, Date.UTC(2001, 6, 1)))
  expect(january!.number[0]).toBe(0)
  expect(february!.number[0]).toBe(january!.rows)
  expect([...january!.ts]).toEqual([...january!.ts].sort((a, b) => a - b))
  expect(data.airports[january!.origin[4]!]).toBe('B')
  // The first of January 2001 was a Monday.
  expect([january!.weekday[0], january!.hour[5]]).toEqual([0, 4])
})

test('a range is half-open and comes by whole days', async () => {
  const days = await all(daysBetween(data, Date.UTC(2001, 0, 1, 2), Date.UTC(2001, 0, 3)))
  expect(days.map((day) => day.rows)).toEqual([8, 120])
  expect(
    days.every((day) => Math.floor(day.ts[0]! / dayMs) === Math.floor(day.ts.at(-1)! / dayMs)),
  ).toBe(true)
})

test('features are made once; the second call reads what is there', async () => {
  const again = await prepareFlights(store, data.directory, '/nowhere.parquet')
  expect(again).toEqual(data)
})

test('training writes the model and a baseline that holds its flights, features and scores', async () => {
  const training = {
    from: Date.UTC(2001, 0, 1),
    to: Date.UTC(2001, 1, 1),
    version: '1',
    kilometresFrom: Date.UTC(2001, 0, 2),
    modelFile: join(directory, 'model.json'),
    baselineFile: join(directory, 'january.parquet'),
  }
  const report = await train(store, data, training)
  const model = JSON.parse(await readFile(training.modelFile, 'utf8')) as FlightModel
  expect(model.version).toBe('1')
  const rows = await store.query({
    name: 'test-baseline',
    sql: `SELECT count() AS n, countIf(recent_delay IS NULL) AS missing, min(distance) AS least,
        groupUniqArray(prediction) AS predictions, any(weekday) AS weekday,
        countIf((score >= {threshold:Float64}) != (prediction = '1')) AS wrong, max(distance) AS greatest
      FROM file({file:String}, 'Parquet')`,
    params: { file: training.baselineFile, threshold: model.threshold },
    toRow: (raw) => raw,
  })
  expect(rows[0]).toMatchObject({ n: report.flights, least: 100, weekday: 'Mon' })
  expect(rows[0]!['missing']).toBeGreaterThan(0)
  expect(rows[0]!['greatest']).toBe(Math.round(1099 * 1.609344))
})

test('training over an empty period is refused', async () => {
  const [from, to] = [Date.UTC(2001, 4, 1), Date.UTC(2001, 4, 2)]
  const files = { modelFile: join(directory, 'x.json'), baselineFile: join(directory, 'x.parquet') }
  await expect(train(store, data, { from, to, version: '2', ...files })).rejects.toThrow(
    'holds none',
  )
})
