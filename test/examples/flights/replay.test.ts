import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tableFromArrays, tableToIPC } from 'apache-arrow'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type FlightData, months } from '../../../examples/flights/features.ts'
import type { FlightModel } from '../../../examples/flights/logistic-regression.ts'
import {
  events,
  eventsAndLabels,
  labels,
  post,
  type Batch,
} from '../../../examples/flights/replay.ts'

const model: FlightModel = {
  version: '1',
  threshold: 0.5,
  intercept: 0,
  weights: [0, 0, 1, -1],
  distance: { mean: 0, deviation: 1 },
  recentDelay: { mean: 0, deviation: 10 },
  hour: Array.from({ length: 24 }, () => 0),
  weekday: Array.from({ length: 7 }, () => 0),
  origin: [0, 0],
  destination: [0, 0],
}
const february = Date.UTC(2001, 1, 1)
const stretch = { from: february, to: february + 2 * 86_400_000 }
const next = { ...model, version: '2' }

let directory: string
let data: FlightData
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'replay-test-'))
  data = { airports: ['ATL', 'BOS'], directory }
  // Four flights in February, two a day; no flights in the other months.
  for (const month of months) {
    const rows = month === '2001-02' ? [0, 1, 2, 3] : []
    const table = tableFromArrays({
      number: Uint32Array.from(rows),
      ts: Float64Array.from(rows, (i) => february + i * 12 * 3_600_000),
      distance: Float64Array.from(rows, (i) => 100 + i),
      hour: Uint8Array.from(rows, (i) => 12 * (i % 2)),
      weekday: Uint8Array.from(rows, (i) => 3 + Math.floor(i / 2)),
      origin: Uint16Array.from(rows, (i) => i % 2),
      destination: Uint16Array.from(rows, (i) => 1 - (i % 2)),
      recent_delay: Float64Array.from(rows, (i) => (i === 1 ? NaN : 10.5 * i - 10.5)),
      delay: Int32Array.from(rows, (i) => 10 * i),
    })
    await writeFile(join(directory, `${month}.arrow`), tableToIPC(table, 'file'))
  }
})
afterAll(async () => rm(directory, { recursive: true, force: true }))

async function lines(batches: AsyncIterable<Batch>): Promise<unknown[]> {
  const all: unknown[] = []
  for await (const { body, rows } of batches) {
    const parsed = body
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown)
    expect(parsed).toHaveLength(rows)
    all.push(...parsed)
  }
  return all
}

test('each flight is one event in the native format, missing features as null', async () => {
  const sent = await lines(events(data, () => model, stretch))
  expect(sent).toHaveLength(4)
  expect(sent[1]).toEqual({
    model: 'flight-delay',
    version: '1',
    id: 'f1',
    ts: february + 12 * 3_600_000,
    features: {
      distance: 101,
      hour: 12,
      weekday: 'Thu',
      origin: 'BOS',
      destination: 'ATL',
      recent_delay: null,
    },
    prediction: '0',
    score: 0.2689,
  })
})

test('from its time on the fault sends kilometres', async () => {
  const kilometresFrom = february + 86_400_000
  const sent = await lines(events(data, () => model, { ...stretch, kilometresFrom }))
  const distances = (sent as { features: { distance: number } }[]).map((e) => e.features.distance)
  expect(distances).toEqual([100, 101, 164, 166])
})

test('labels carry the ids of their events and come two hours after the departure', async () => {
  const sent = await lines(labels(data, stretch))
  const label = (i: number, late: string): unknown => ({
    type: 'label',
    model: 'flight-delay',
    id: `f${i}`,
    label: late,
    ts: february + (12 * i + 2) * 3_600_000,
  })
  expect(sent).toEqual([label(0, '0'), label(1, '0'), label(2, '1'), label(3, '1')])
})

test('a day is predicted before the labels of the day before arrive, by the model deployed that day', async () => {
  let deployed = model
  const kinds: string[] = []
  for await (const batch of eventsAndLabels(data, () => deployed, { ...stretch, batchRows: 1 })) {
    kinds.push(
      `${batch.kind} ${/"id":"(f\d)"/.exec(batch.body)![1]!} ${/"version":"(\d)"/.exec(batch.body)?.[1] ?? ''}`.trim(),
    )
    if (batch.kind === 'event') deployed = next
  }
  expect(kinds).toEqual([
    'event f0 1',
    'event f1 1',
    'event f2 2',
    'event f3 2',
    'label f0',
    'label f1',
    'label f2',
    'label f3',
  ])
})

/** A service that answers each request as told, then with 200. */
async function service(
  answers: ((response: ServerResponse) => void)[],
): Promise<{ url: string; bodies: string[]; requests: IncomingMessage[]; close: () => void }> {
  const bodies: string[] = []
  const requests: IncomingMessage[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (piece: Buffer) => (body += piece.toString()))
    request.on('end', () => {
      requests.push(request)
      bodies.push(body)
      const answer = answers.shift()
      if (answer !== undefined) answer(response)
      else response.end(JSON.stringify({ accepted: body.split('\n').length - 1, rejected: [] }))
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, bodies, requests, close: () => server.close() }
}

test('a busy, broken or vanished service gets the same batch again until it takes it', async () => {
  const target = await service([
    (response) => response.writeHead(429, { 'retry-after': '0.01' }).end(),
    (response) => response.writeHead(503).end('later'),
    (response) => response.destroy(),
  ])
  const sent = await post(
    events(data, () => model, { ...stretch, batchRows: 100 }),
    {
      url: target.url,
      key: 'tgk_x',
      concurrency: 1,
    },
  )
  target.close()
  expect(sent).toEqual({ events: 4, labels: 0, rejected: 0, retries: 3 })
  expect(new Set(target.bodies.slice(0, 4)).size).toBe(1)
  expect(target.requests[0]!.url).toBe('/v1/events?backfill=true')
  expect(target.requests[0]!.headers).toMatchObject({
    authorization: 'Bearer tgk_x',
    'content-type': 'application/x-ndjson',
  })
})

test('a batch refused for good ends the replay with what the service said', async () => {
  const target = await service([(response) => response.writeHead(403).end('no such scope')])
  const sending = post(
    events(data, () => model, stretch),
    { url: target.url },
  )
  await expect(sending).rejects.toThrow('403 no such scope')
  target.close()
})

test('the replay gives up on a service that refuses beyond its patience', async () => {
  const busy = (response: ServerResponse): void => void response.writeHead(503).end()
  const target = await service(Array.from({ length: 50 }, () => busy))
  const sending = post(
    events(data, () => model, stretch),
    { url: target.url, patienceMs: 150 },
  )
  await expect(sending).rejects.toThrow('the service refuses: 503')
  target.close()
})

test('a replay asks before the predictions of each day, and the next model may come in between', async () => {
  let current = model
  const asked: number[] = []
  const beforeDay = async (day: number): Promise<void> => {
    asked.push(day)
    if (day > february) current = next
  }
  const versions: (string | null)[] = []
  for await (const batch of eventsAndLabels(data, () => current, { ...stretch, beforeDay })) {
    versions.push(batch.version)
  }
  expect(asked).toEqual([february, february + 86_400_000])
  expect(versions).toEqual(['1', '2', null, null])
})
