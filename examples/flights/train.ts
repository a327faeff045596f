import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { pathToFileURL } from 'node:url'
import { tableFromArrays, tableToIPC } from 'apache-arrow'
import { openStore, type Store } from '../../store/client.ts'
import {
  cut,
  dayMs,
  flightsBetween,
  inKilometresFrom,
  joined,
  prepareFlights,
  weekdays,
  type FlightData,
  type Flights,
} from './features.ts'
import { auc, fit, scores, type FlightModel } from './logistic-regression.ts'

export interface Training {
  /** Departures of [from, to), epoch ms. */
  readonly from: number
  readonly to: number
  readonly version: string
  /** From this time on distances are in kilometres, as the faulty feed has them. */
  readonly kilometresFrom?: number
  readonly modelFile: string
  readonly baselineFile: string
}

export interface TrainingReport {
  readonly version: string
  readonly flights: number
  /** Of a model that did not see the last week of the period (at most a quarter of it), on that week. */
  readonly holdoutAuc: number
  readonly modelFile: string
  readonly baselineFile: string
}

/**
 * Trains one version and writes the model and its baseline: the very flights it was trained on,
 * with its own predictions, as Parquet. Both files appear whole or not at all.
 */
export async function train(
  store: Store,
  data: FlightData,
  training: Training,
): Promise<TrainingReport> {
  const parts: Flights[] = []
  for await (const part of flightsBetween(data, training.from, training.to)) parts.push(part)
  const raw = joined(parts)
  if (raw.rows === 0) throw new RangeError('training needs flights: the period holds none')
  const flights =
    training.kilometresFrom === undefined ? raw : inKilometresFrom(raw, training.kilometresFrom)

  const before = flights.ts.filter((ts) => ts < holdoutStart(training)).length
  const early = fit(cut(flights, 0, before), data.airports.length, training.version)
  const model = fit(flights, data.airports.length, training.version)

  await mkdir(dirname(training.modelFile), { recursive: true })
  await writeFile(`${training.modelFile}.part`, JSON.stringify(model))
  await rename(`${training.modelFile}.part`, training.modelFile)
  await writeBaseline(store, { data, flights, model, file: training.baselineFile })
  return {
    version: training.version,
    flights: flights.rows,
    holdoutAuc: auc(early, cut(flights, before, flights.rows)),
    modelFile: training.modelFile,
    baselineFile: training.baselineFile,
  }
}

const holdoutStart = ({ from, to }: Training): number => to - Math.min(7 * dayMs, (to - from) / 4)

interface Baseline {
  readonly data: FlightData
  readonly flights: Flights
  readonly model: FlightModel
  readonly file: string
}

// Columns are named as the features are in flight-delay.yaml; scores have the four decimals of replay.ts.
const baselineSql = `
INSERT INTO FUNCTION file({target:String}, 'Parquet')
SELECT
  distance,
  toFloat64(hour) AS hour,
  arrayElement({weekdays:Array(String)}, weekday + 1) AS weekday,
  arrayElement({airports:Array(String)}, origin + 1) AS origin,
  arrayElement({airports:Array(String)}, destination + 1) AS destination,
  if(isNaN(recent_delay), NULL, recent_delay) AS recent_delay,
  if(score >= {threshold:Float64}, '1', '0') AS prediction,
  round(score, 4) AS score
FROM file({source:String}, 'Arrow')
SETTINGS engine_file_truncate_on_insert = 1`

/** Parquet by way of the engine: it is the one here that writes it. */
async function writeBaseline(
  store: Store,
  { data, flights, model, file }: Baseline,
): Promise<void> {
  const [source, target] = [resolve(`${file}.arrow`), resolve(`${file}.part`)]
  const table = tableFromArrays({
    distance: flights.distance,
    hour: flights.hour,
    weekday: flights.weekday,
    origin: flights.origin,
    destination: flights.destination,
    recent_delay: flights.recentDelay,
    score: scores(model, flights),
  })
  await mkdir(dirname(target), { recursive: true })
  try {
    await writeFile(source, tableToIPC(table, 'file'))
    await store.command({
      name: 'flights-baseline',
      sql: baselineSql,
      params: { source, target, weekdays, airports: data.airports, threshold: model.threshold },
    })
    await rename(target, file)
  } finally {
    await rm(source, { force: true })
  }
}

/** A store of its own for the time of a call: the service keeps its data directory to itself. */
export async function withScratchStore<T>(use: (store: Store) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'flights-'))
  const store = await openStore({ path: directory, database: 'flights' })
  try {
    return await use(store)
  } finally {
    await store.close()
    await rm(directory, { recursive: true, force: true })
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      directory: { type: 'string', default: 'data/flights' },
      from: { type: 'string', default: '2001-01-01' },
      to: { type: 'string', default: '2001-02-01' },
      version: { type: 'string', default: '1' },
      name: { type: 'string', default: 'january' },
      'kilometres-from': { type: 'string' },
    },
  })
  const kilometres = values['kilometres-from']
  const report = await withScratchStore(async (store) =>
    train(store, await prepareFlights(store, join(values.directory, 'features')), {
      from: Date.parse(values.from),
      to: Date.parse(values.to),
      version: values.version,
      ...(kilometres === undefined ? {} : { kilometresFrom: Date.parse(kilometres) }),
      modelFile: join(values.directory, `model-${values.version}.json`),
      baselineFile: join(values.directory, `${values.name}.parquet`),
    }),
  )
  console.log(JSON.stringify(report))
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main()
