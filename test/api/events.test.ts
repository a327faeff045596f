import { gzipSync } from 'node:zlib'
import { afterEach, expect, test } from 'vitest'
import type { IntakeAnswer } from '../../api/ports.ts'
import { AppError } from '../../core/errors.ts'
import { appOf, closeApps, fakes } from './fakes.ts'

afterEach(closeApps)

const line = '{"model":"fraud","id":"1"}\n'
const post = (payload: string | Buffer, headers: Record<string, string> = {}) =>
  ({
    method: 'POST',
    url: '/v1/events',
    payload,
    headers: { 'content-type': 'application/x-ndjson', ...headers },
  }) as const

test.each(['application/x-ndjson', 'application/ndjson', 'text/plain', 'application/json'])(
  'hands the bytes of %s to the intake as they came',
  async (type) => {
    const { deps, calls } = fakes()
    const app = await appOf(deps)
    const answer = await app.inject(post(line, { 'content-type': `${type}; charset=utf-8` }))
    expect(answer.json()).toEqual({ accepted: 1, rejected: [] })
    expect(calls).toMatchObject([
      ['receive', { body: Buffer.from(line), idempotencyKey: null, backfill: false, models: null }],
    ])
  },
)

test.each(['application/x-www-form-urlencoded', 'image/png', undefined])(
  'takes a CloudEvent in binary mode whatever its media type is: %s',
  async (type) => {
    const { deps, calls } = fakes()
    const app = await appOf(deps)
    const headers = {
      'ce-specversion': '1.0',
      ...(type === undefined ? {} : { 'content-type': type }),
    }
    const answer = await app.inject({ ...post(Buffer.from(line)), headers })
    expect(answer.statusCode).toBe(200)
    expect(calls).toMatchObject([['receive', { body: Buffer.from(line) }]])
  },
)

test('passes on the idempotency key and the wish to load history', async () => {
  const { deps, calls } = fakes()
  const app = await appOf(deps)
  const request = post(line, { 'idempotency-key': 'batch-7:a.b' })
  await app.inject({ ...request, url: '/v1/events?backfill=true' })
  expect(calls[0]).toMatchObject(['receive', { idempotencyKey: 'batch-7:a.b', backfill: true }])
})

test('answers what was rejected, with place, reason and detail', async () => {
  const rejected = [{ index: 3, reason: 'missing_model' as const, detail: 'no "model"' }]
  const { deps } = fakes()
  const app = await appOf({
    ...deps,
    intake: { receive: async () => ({ accepted: 3, rejected }) },
  })
  const answer = await app.inject(post(line))
  expect([answer.statusCode, answer.json()]).toEqual([200, { accepted: 3, rejected }])
})

test.each([
  { name: 'a key with a space', headers: { 'idempotency-key': 'a b' }, says: 'idempotency-key' },
  { name: 'a key too long', headers: { 'idempotency-key': 'x'.repeat(129) }, says: 'pattern' },
  { name: 'an empty key', headers: { 'idempotency-key': '' }, says: 'idempotency-key' },
])('refuses $name', async ({ headers, says }) => {
  const { deps, calls } = fakes()
  const answer = await (await appOf(deps)).inject(post(line, headers))
  expect(answer.statusCode).toBe(400)
  expect(answer.json<{ message: string }>().message).toContain(says)
  expect(calls).toEqual([])
})

test('undoes gzip', async () => {
  const { deps, calls } = fakes()
  const app = await appOf(deps)
  await app.inject(post(gzipSync(line), { 'content-encoding': 'gzip' }))
  expect(calls).toMatchObject([['receive', { body: Buffer.from(line) }]])
})

test('refuses a gzip bomb without unfolding it', async () => {
  const { deps, calls } = fakes()
  const app = await appOf(deps)
  const bomb = gzipSync(Buffer.alloc(256 * 1024 * 1024), { level: 9 })
  expect(bomb.length).toBeLessThan(1024 * 1024)
  const before = process.memoryUsage().rss
  const bombs = Array.from({ length: 4 }, () =>
    app.inject(post(bomb, { 'content-encoding': 'gzip' })),
  )
  for (const answer of await Promise.all(bombs)) {
    expect(answer.statusCode).toBe(413)
    expect(answer.json()).toMatchObject({ code: 'PAYLOAD_TOO_LARGE' })
  }
  expect(process.memoryUsage().rss - before).toBeLessThan(300 * 1024 * 1024)
  expect(calls).toEqual([])
})

test.each([
  { name: 'bytes that are no gzip', body: Buffer.from('hello'), encoding: 'gzip', status: 400 },
  {
    name: 'gzip cut short',
    body: gzipSync(line.repeat(9)).subarray(0, 20),
    encoding: 'gzip',
    status: 400,
  },
  { name: 'an unknown encoding', body: Buffer.from(line), encoding: 'br', status: 415 },
  { name: 'gzip in gzip', body: gzipSync(line), encoding: 'gzip, gzip', status: 415 },
])('answers $status to $name', async ({ body, encoding, status }) => {
  const { deps, calls } = fakes()
  const answer = await (await appOf(deps)).inject(post(body, { 'content-encoding': encoding }))
  expect(answer.statusCode).toBe(status)
  expect(calls).toEqual([])
})

test('a body over the limit is 413, one of another type 415, none at all 400', async () => {
  const { deps } = fakes()
  const app = await appOf({ ...deps, options: { bodyLimitBytes: 100 } })
  expect((await app.inject(post(line.repeat(10)))).json()).toMatchObject({
    code: 'PAYLOAD_TOO_LARGE',
  })
  const xml = await app.inject(post('<a/>', { 'content-type': 'application/xml' }))
  expect([xml.statusCode, xml.json<{ code: string }>().code]).toEqual([415, 'ENCODING_UNSUPPORTED'])
  const none = await app.inject({ method: 'POST', url: '/v1/events' })
  expect([none.statusCode, none.json<{ code: string }>().code]).toEqual([400, 'REQUEST_INVALID'])
})

test('bodies together hold no more than their room, which comes back with each answer', async () => {
  const { deps } = fakes()
  const waiting: (() => void)[] = []
  const receive = (): Promise<IntakeAnswer> =>
    new Promise((resolve) => {
      waiting.push(() => {
        resolve({ accepted: 1, rejected: [] })
      })
    })
  const room = line.length * 2
  const app = await appOf({
    ...deps,
    options: { bodiesLimitBytes: room, bodyLimitBytes: room },
    intake: { receive },
  })
  const held = [app.inject(post(line)), app.inject(post(line))]
  await expect.poll(() => waiting.length).toBe(2)
  const third = await app.inject(post(line))
  expect([third.statusCode, third.headers['retry-after']]).toEqual([429, '1'])
  expect(third.json()).toMatchObject({ code: 'INGEST_OVERLOADED' })
  for (const release of waiting.splice(0)) release()
  for (const answer of await Promise.all(held)) expect(answer.statusCode).toBe(200)
  const again = app.inject(post(line))
  await expect.poll(() => waiting.length).toBe(1)
  waiting[0]?.()
  expect((await again).statusCode).toBe(200)
})

test.each([
  { code: 'INGEST_OVERLOADED', status: 429 },
  { code: 'STORE_UNAVAILABLE', status: 503 },
] as const)(
  '$code of the intake is $status with a time to come again',
  async ({ code, status }) => {
    const { deps } = fakes()
    const receive = async (): Promise<never> => {
      throw new AppError(code, 'later', { details: { retryAfterSeconds: 7 } })
    }
    const answer = await (await appOf({ ...deps, intake: { receive } })).inject(post(line))
    expect([answer.statusCode, answer.headers['retry-after']]).toEqual([status, '7'])
  },
)

test('one event is answered whole, hostile names included', async () => {
  const { deps } = fakes([{ model: 'a/b c.é' }])
  const event = {
    id: 'topic:0:1#2/3',
    ts: '2026-11-20T12:00:00.123Z',
    version: '7',
    variant: 'live',
    prediction: '1',
    score: 0.5,
    scores: {},
    latency_ms: null,
    error: null,
    outlier_score: null,
    outlier_features: {},
    outlier_revision: 0,
    features: new Map<string, unknown>([
      ['__proto__', 1],
      ['constructor', 'x'],
    ]),
    tags: { toString: 'y' },
    issues: [{ feature: 'a', reason: 'invalid', value: 'inf' }],
    provenance: {
      source: 'http',
      topic: '',
      partition: 0,
      offset: 1,
      payload_bytes: 9,
      ingested_at: '2026-11-20T12:00:00.123Z',
    },
  }
  const label = { label: '1', ts: event.ts, ingested_at: event.ts }
  const asked: string[][] = []
  const app = await appOf({
    ...deps,
    results: {
      ...deps.results,
      event: async (...names) => {
        asked.push(names)
        return { event, label }
      },
    },
  })
  const path = ['a/b c.é', event.id].map(encodeURIComponent).join('/')
  const answer = await app.inject(`/v1/events/${path}`)
  expect(answer.statusCode).toBe(200)
  expect(asked).toEqual([['a/b c.é', event.id]])
  expect(answer.body).toContain('"features":{"__proto__":1,"constructor":"x"}')
  expect(answer.json()).toMatchObject({ model: 'a/b c.é', label, tags: event.tags })
})

test('an event that is not there says whether its label has come', async () => {
  const lost = await (await appOf(fakes().deps)).inject('/v1/events/fraud/1')
  expect([lost.statusCode, lost.json<{ code: string }>().code]).toEqual([404, 'EVENT_NOT_FOUND'])
  const { deps } = fakes()
  const label = { label: '1', ts: '', ingested_at: '' }
  const results = { ...deps.results, event: async () => ({ event: null, label }) }
  const labelled = await (await appOf({ ...deps, results })).inject('/v1/events/fraud/1')
  expect(labelled.json<{ message: string }>().message).toContain('its label has come')
})
