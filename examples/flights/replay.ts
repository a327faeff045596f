import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { pathToFileURL } from 'node:url'
import {
  at,
  dayMs,
  daysBetween,
  inKilometresFrom,
  openFlights,
  weekdays,
  type FlightData,
  type Flights,
} from './features.ts'
import { lateMinutes, scores, type FlightModel } from './logistic-regression.ts'

/** NDJSON lines on their way to `POST /v1/events`. */
export interface Batch {
  readonly body: string
  readonly rows: number
  readonly kind: 'event' | 'label'
  /** Event time of its last line, epoch ms. */
  readonly until: number
  /** Of the model that predicted; null for labels. */
  readonly version: string | null
}

export interface Stretch {
  /** Departures of [from, to), epoch ms. */
  readonly from: number
  readonly to: number
  /** Distances are in kilometres from this time on: the injected fault. */
  readonly kilometresFrom?: number
  /** Lines a batch. Default 8000, about 1.6 MB. */
  readonly batchRows?: number
  /** Asked before the predictions of each day (its start, epoch ms): the replay goes on when it resolves. */
  readonly beforeDay?: (day: number) => Promise<void>
}

/** The name this example's model is registered by: flight-delay.yaml. */
export const modelName = 'flight-delay'

/** A label is sent as known so long after its departure: the same guess as in features.ts. */
export const labelDelayMs = 2 * 3_600_000

/** Predictions of a stretch of time, by `model()`, which is asked anew for each day. */
export async function* events(
  data: FlightData,
  model: () => FlightModel,
  stretch: Stretch,
): AsyncGenerator<Batch, void, void> {
  for await (const day of daysBetween(data, stretch.from, stretch.to)) {
    yield* eventBatches(data, model(), asSent(day, stretch), stretch.batchRows)
  }
}

/** What became of the flights of a stretch of time. */
export async function* labels(
  data: FlightData,
  stretch: Stretch,
): AsyncGenerator<Batch, void, void> {
  for await (const day of daysBetween(data, stretch.from, stretch.to)) {
    yield* labelBatches(day, stretch.batchRows)
  }
}

/** Both as they would come: each day's predictions, then the labels of the day before it. */
export async function* eventsAndLabels(
  data: FlightData,
  model: () => FlightModel,
  stretch: Stretch,
): AsyncGenerator<Batch, void, void> {
  let yesterday: Flights | null = null
  for await (const day of daysBetween(data, stretch.from, stretch.to)) {
    await stretch.beforeDay?.(Math.floor(at(day.ts, 0) / dayMs) * dayMs)
    yield* eventBatches(data, model(), asSent(day, stretch), stretch.batchRows)
    if (yesterday !== null) yield* labelBatches(yesterday, stretch.batchRows)
    yesterday = day
  }
  if (yesterday !== null) yield* labelBatches(yesterday, stretch.batchRows)
}

const asSent = (day: Flights, { kilometresFrom }: Stretch): Flights =>
  kilometresFrom === undefined ? day : inKilometresFrom(day, kilometresFrom)

// Making a number's text is what costs most in a line; scores have 10 001 values.
const scoreTexts = Array.from({ length: 10_001 }, (_, i) => String(i / 10_000))
const textAt = (texts: readonly string[], i: number): string => texts[i] ?? ''
const weekdayTexts = weekdays.map((name) => `,"weekday":"${name}"`)

function* eventBatches(
  data: FlightData,
  model: FlightModel,
  flights: Flights,
  batchRows = 8000,
): Generator<Batch, void, void> {
  const score = scores(model, flights)
  const head = `{"model":"${modelName}","version":${JSON.stringify(model.version)},"id":"f`
  const origins = data.airports.map((name) => `,"origin":"${name}"`)
  const destinations = data.airports.map((name) => `,"destination":"${name}"`)
  const line = (i: number): string => {
    const recent = at(flights.recentDelay, i)
    const rounded = Math.round(at(score, i) * 10_000)
    return (
      `${head}${at(flights.number, i)}","ts":${at(flights.ts, i)}` +
      `,"features":{"distance":${at(flights.distance, i)},"hour":${at(flights.hour, i)}` +
      textAt(weekdayTexts, at(flights.weekday, i)) +
      textAt(origins, at(flights.origin, i)) +
      textAt(destinations, at(flights.destination, i)) +
      `,"recent_delay":${Number.isNaN(recent) ? 'null' : recent}}` +
      `,"prediction":"${at(score, i) >= model.threshold ? 1 : 0}","score":${textAt(scoreTexts, rounded)}}\n`
    )
  }
  yield* batches(flights, { kind: 'event', version: model.version, line, batchRows })
}

function* labelBatches(flights: Flights, batchRows = 8000): Generator<Batch, void, void> {
  const head = `{"type":"label","model":"${modelName}","id":"f`
  const line = (i: number): string =>
    `${head}${at(flights.number, i)}","label":"${at(flights.delay, i) > lateMinutes ? 1 : 0}","ts":${at(flights.ts, i) + labelDelayMs}}\n`
  yield* batches(flights, { kind: 'label', version: null, line, batchRows })
}

function* batches(
  flights: Flights,
  of: Pick<Batch, 'kind' | 'version'> & { line: (i: number) => string; batchRows: number },
): Generator<Batch, void, void> {
  for (let start = 0; start < flights.rows; start += of.batchRows) {
    const end = Math.min(start + of.batchRows, flights.rows)
    let body = ''
    for (let i = start; i < end; i++) body += of.line(i)
    const until = at(flights.ts, end - 1)
    yield { body, rows: end - start, kind: of.kind, until, version: of.version }
  }
}

export interface PostOptions {
  readonly url: string
  readonly key?: string
  /** Requests at once. Default 3. */
  readonly concurrency?: number
  /** How long one batch may be refused before the replay gives up, ms. Default 2 minutes. */
  readonly patienceMs?: number
  readonly onProgress?: (sent: Sent, batch: Batch) => void
  readonly signal?: AbortSignal
}

/** What the service has acknowledged so far. */
export interface Sent {
  readonly events: number
  readonly labels: number
  readonly rejected: number
  readonly retries: number
}

/**
 * Sends batches, in order but a few at once, and waits as long as the service asks for. Sending a
 * batch again is safe, since ids are the flights' own. Throws when a batch is refused for good.
 */
export async function post(batches: AsyncIterable<Batch>, options: PostOptions): Promise<Sent> {
  const { concurrency = 3 } = options
  const sent = { events: 0, labels: 0, rejected: 0, retries: 0 }
  const running = new Set<Promise<void>>()
  const send = async (batch: Batch): Promise<void> => {
    const answer = await postBatch(batch, options)
    sent[batch.kind === 'event' ? 'events' : 'labels'] += answer.accepted
    sent.rejected += answer.rejected
    sent.retries += answer.retries
    options.onProgress?.({ ...sent }, batch)
  }
  for await (const batch of batches) {
    const sending = send(batch)
    running.add(sending)
    // A failure surfaces where it is awaited below, not as an unhandled rejection in between.
    sending.then(
      () => running.delete(sending),
      () => undefined,
    )
    if (running.size >= concurrency) await Promise.race(running)
  }
  await Promise.all(running)
  return sent
}

async function postBatch(
  batch: Batch,
  options: PostOptions,
): Promise<{ accepted: number; rejected: number; retries: number }> {
  const giveUpAt = Date.now() + (options.patienceMs ?? 120_000)
  for (let retries = 0; ; retries++) {
    const outcome = await attempt(batch, options)
    if ('accepted' in outcome) return { ...outcome, retries }
    const waitMs = outcome.waitMs ?? Math.min(5000, 100 * 2 ** retries)
    if (Date.now() + waitMs > giveUpAt) throw new Error(`the service refuses: ${outcome.reason}`)
    await sleep(waitMs, undefined, options.signal === undefined ? {} : { signal: options.signal })
  }
}

type Outcome = { accepted: number; rejected: number } | { reason: string; waitMs: number | null }

async function attempt(batch: Batch, { url, key, signal }: PostOptions): Promise<Outcome> {
  let response: Response
  try {
    response = await fetch(new URL('/v1/events?backfill=true', url), {
      method: 'POST',
      headers: {
        'content-type': 'application/x-ndjson',
        ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      },
      body: batch.body,
      ...(signal === undefined ? {} : { signal }),
    })
  } catch (error) {
    // fetch reports what went wrong on the wire as a TypeError; anything else is not the network's.
    if (error instanceof TypeError) return { reason: reasonOf(error), waitMs: null }
    throw error
  }
  const text = await response.text()
  if (response.ok) {
    const answer = JSON.parse(text) as { accepted: number; rejected: readonly unknown[] }
    return { accepted: answer.accepted, rejected: answer.rejected.length }
  }
  const busy = [408, 425, 429].includes(response.status) || response.status >= 500
  if (!busy)
    throw new Error(`the service refused a batch: ${response.status} ${text.slice(0, 300)}`)
  const seconds = Number(response.headers.get('retry-after'))
  return { reason: `${response.status}`, waitMs: seconds > 0 ? seconds * 1000 : null }
}

const reasonOf = ({ cause, message }: Error): string =>
  cause instanceof Error ? `${message}: ${cause.message}` : message

/** What a parent process may say while the replay runs: which model serves from the next day on. */
export interface Deployment {
  readonly modelFile: string
}

/** One line of output, for a parent process that draws progress from it. */
export type ReplayLine =
  | (Sent & { readonly until: number; readonly version: string })
  /** It waits for a deployment before it goes on. */
  | { readonly waitsBefore: number }
  | (Sent & { readonly done: true })

const say = (line: ReplayLine): void => {
  console.log(JSON.stringify(line))
}

const readModel = async (file: string): Promise<FlightModel> =>
  JSON.parse(await readFile(file, 'utf8')) as FlightModel

/** The model that serves, replaced by what the parent process deploys. */
async function servedModel(file: string): Promise<{
  readonly current: () => FlightModel
  readonly replaced: Promise<void>
}> {
  let model = await readModel(file)
  const replaced = new Promise<void>((resolve) => {
    process.on('message', (message: Deployment) => {
      void readModel(message.modelFile).then((next) => {
        model = next
        resolve()
      })
    })
  })
  return { current: () => model, replaced }
}

// In a process of its own, so that making the events takes no time of the service.
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      url: { type: 'string', default: 'http://127.0.0.1:8080' },
      key: { type: 'string' },
      features: { type: 'string', default: 'data/flights/features' },
      model: { type: 'string', default: 'data/flights/model-1.json' },
      from: { type: 'string', default: '2001-02-01' },
      to: { type: 'string', default: '2001-07-01' },
      'kilometres-from': { type: 'string' },
      'wait-at': { type: 'string' },
      concurrency: { type: 'string', default: '3' },
      print: { type: 'boolean', default: false },
    },
  })
  const data = await openFlights(values.features)
  if (data === null) throw new Error(`no features in ${values.features}: run train.ts first`)
  const model = await servedModel(values.model)
  const kilometres = values['kilometres-from']
  const waitAt = Date.parse(values['wait-at'] ?? '')
  const first = model.current()
  const stretch: Stretch = {
    from: Date.parse(values.from),
    to: Date.parse(values.to),
    ...(kilometres === undefined ? {} : { kilometresFrom: Date.parse(kilometres) }),
    // Days pass in a fraction of a second here, and a training takes as long as ever.
    beforeDay: async (day) => {
      if (!(day >= waitAt) || model.current() !== first) return
      say({ waitsBefore: day })
      await model.replaced
    },
  }
  const batches = eventsAndLabels(data, model.current, stretch)
  if (values.print) {
    await print(batches)
    return
  }
  const sent = await post(batches, {
    url: values.url,
    ...(values.key === undefined ? {} : { key: values.key }),
    concurrency: Number(values.concurrency),
    onProgress: progressByDay(),
  })
  say({ ...sent, done: true })
  // The channel to the parent would keep this process alive.
  if (process.connected) process.disconnect()
}

/** The lines to standard output instead, no faster than they are read: for to-kafka.mjs. */
async function print(batches: AsyncIterable<Batch>): Promise<void> {
  for await (const { body } of batches) {
    if (!process.stdout.write(body)) await once(process.stdout, 'drain')
  }
}

/** A line when the first predictions of a day have been acknowledged. */
function progressByDay(): (sent: Sent, batch: Batch) => void {
  let newest = 0
  return (sent, { until, version }) => {
    if (version === null || Math.floor(until / dayMs) <= newest) return
    newest = Math.floor(until / dayMs)
    say({ ...sent, until, version })
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main()
