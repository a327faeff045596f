import { afterEach, expect, test } from 'vitest'
import type { MetricRecord } from '../../store/queries/list-metrics.ts'
import { appOf, bearer, closeApps, fakes, keyring, madeKey } from './fakes.ts'

afterEach(closeApps)

const json = { 'content-type': 'application/json' }

const metric: MetricRecord = {
  model: 'fraud',
  version: '7',
  variant: 'live',
  window_start: '2026-11-20T01:00:00Z',
  window_end: '2026-11-20T02:00:00Z',
  window: '1h',
  slice: 'country=DE,channel="a"',
  feature: 'amount',
  metric: 'psi',
  method: 'psi/decile-jeffreys',
  value: 0.25,
  p_value: null,
  p_adjusted: null,
  effect: null,
  noise_floor: 0.01,
  n_reference: 10,
  n_current: 20,
  label_coverage: null,
  baseline: 'training',
  status: 'ok',
  revision: 2,
}

test('outliers begin at the threshold of their model, and a cursor goes on where the page ended', async () => {
  const { deps } = fakes([{ model: 'fraud', outliers: { threshold: 0.995 } }])
  const asked: unknown[] = []
  const outliers = {
    list: async (...args: unknown[]) => {
      asked.push(args)
      return { rows: [], next: [7, 'r-1'] as const }
    },
  }
  const app = await appOf({ ...deps, outliers })
  const path = '/v1/models/fraud/outliers'
  const first = await app.inject(`${path}?reviewed=false&feature=amount&limit=5`)
  expect(first.statusCode).toBe(200)
  const { next_cursor } = first.json<{ next_cursor: string }>()
  await app.inject(`${path}?min_score=0.5&cursor=${next_cursor}`)
  expect(asked).toEqual([
    [
      { model: 'fraud', minScore: 0.995, feature: 'amount', reviewed: false },
      { limit: 5, after: null },
    ],
    [
      { model: 'fraud', minScore: 0.5 },
      { limit: 1000, after: [7, 'r-1'] },
    ],
  ])
  expect((await app.inject('/v1/models/nobody/outliers')).statusCode).toBe(404)
  expect((await app.inject(`${path}?min_score=2`)).statusCode).toBe(400)
})

test('metrics pass every filter on and say where the next page begins', async () => {
  const { deps } = fakes()
  const asked: unknown[] = []
  const next = ['psi', '1h', 'amount', '', '7', 'live', 'training', 'psi/x', 5] as const
  const app = await appOf({
    ...deps,
    results: {
      ...deps.results,
      metrics: async (...args) => {
        asked.push(args)
        return { rows: [metric], next }
      },
    },
  })
  const query = 'metric=psi&slice=&status=ok&from=2026-11-20T00:00:00Z&to=2026-11-21T00:00:00Z'
  const answer = await app.inject(`/v1/models/fraud/metrics?${query}&limit=1`)
  const { rows, next_cursor } = answer.json<{ rows: unknown[]; next_cursor: string }>()
  expect(rows).toEqual([metric])
  await app.inject(`/v1/models/fraud/metrics?cursor=${next_cursor}`)
  expect(asked).toEqual([
    [
      {
        model: 'fraud',
        metric: 'psi',
        slice: '',
        status: 'ok',
        from: new Date('2026-11-20T00:00:00Z'),
        to: new Date('2026-11-21T00:00:00Z'),
      },
      { limit: 1, after: null },
    ],
    [{ model: 'fraud' }, { limit: 1000, after: next }],
  ])
})

test('metrics come as CSV when that is asked for', async () => {
  const { deps } = fakes()
  const page = { rows: [metric], next: ['psi', '', '', '', '', '', '', '', 1] as const }
  const app = await appOf({ ...deps, results: { ...deps.results, metrics: async () => page } })
  const answer = await app.inject({
    url: '/v1/models/fraud/metrics',
    headers: { accept: 'text/csv' },
  })
  expect(answer.headers['content-type']).toContain('text/csv')
  expect(answer.headers['x-next-cursor']).toEqual(expect.any(String))
  const [header, row] = answer.body.split('\r\n')
  expect(header).toContain('model,version,variant,window_start,window_end,window,slice,feature')
  expect(row).toContain('"country=DE,channel=""a""",amount,psi,psi/decile-jeffreys,0.25,,,,0.01')
})

test.each([
  { name: 'a limit of none', query: 'limit=0', says: 'must be >= 1' },
  { name: 'a limit too great', query: 'limit=10001', says: 'must be <= 10000' },
  { name: 'an unknown parameter', query: 'metrik=psi', says: 'must not have "metrik"' },
  { name: 'an unknown status', query: 'status=fine', says: 'must be one of ok,' },
  { name: 'a time without a zone', query: 'from=2026-11-20T00:00:00', says: 'must be a time' },
  { name: 'a leap second', query: 'from=2026-12-31T23:59:60Z', says: 'is not a time that exists' },
  {
    name: 'an interval the wrong way round',
    query: 'from=2026-11-21T00:00:00Z&to=2026-11-20T00:00:00Z',
    says: 'from must be before to',
  },
  { name: 'a cursor of nobody', query: 'cursor=e30', says: 'cursor is not one' },
  { name: 'a cursor that is no JSON', query: 'cursor=%00', says: 'cursor is not one' },
  { name: 'a parameter given twice', query: 'metric=a&metric=b', says: 'must be string' },
])('metrics refuse $name and say what is allowed', async ({ query, says }) => {
  const { deps, calls } = fakes()
  const answer = await (await appOf(deps)).inject(`/v1/models/fraud/metrics?${query}`)
  const body = answer.json<{ code: string; message: string }>()
  expect([answer.statusCode, body.code]).toEqual([400, 'REQUEST_INVALID'])
  expect(body.message).toContain(says)
  expect(calls).toEqual([])
})

test.each(['{"__proto__":{"a":1}}', '{"constructor":{"prototype":{}}}', '{', '{"a":1}{'])(
  'a body such as %s is refused',
  async (payload) => {
    const { deps, calls } = fakes()
    const url = '/v1/models/fraud/baselines'
    const answer = await (await appOf(deps)).inject({ method: 'POST', url, headers: json, payload })
    expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([
      400,
      'REQUEST_INVALID',
    ])
    expect(calls).toEqual([])
  },
)

test('a model is shown as written and as meant, without its secrets', async () => {
  const actions = {
    hook: {
      preset: 'webhook' as const,
      url: 'https://user:pw@hook.example/x?token=t0ken&a=b#c',
      secret: 'whsec_s3cret',
    },
    kept: { preset: 'webhook' as const, url: 'https://h.example', secret: '${env:HOOK}' },
  }
  const features = { amount: 'numeric', constructor: 'categorical' } as const
  const { deps } = fakes([{ model: 'fraud', features, actions, window: '1h' }])
  const app = await appOf(deps)
  for (const url of ['/v1/models', '/v1/models/fraud', '/v1/models/fraud/history']) {
    const { body } = await app.inject(url)
    expect(body).not.toMatch(/s3cret|t0ken|user:pw/)
    expect(body).toContain('${env:HOOK}')
  }
  const model = (await app.inject('/v1/models/fraud')).json<Record<string, object>>()
  expect(model).toMatchObject({ model: 'fraud', revision: 1, origin: 'api' })
  expect(model['effective']).toMatchObject({
    windows: ['1h', '1d'],
    lateness: '10m',
    features: { amount: { type: 'numeric' }, constructor: { type: 'categorical' } },
  })
})

test('a model file goes on as text, after its entry in the audit log', async () => {
  const { deps, calls } = fakes()
  const app = await appOf(deps)
  const url = '/v1/models/a%2Fb%20c'
  const yaml = { 'content-type': 'application/yaml' }
  await app.inject({ method: 'PUT', url, headers: yaml, payload: 'model: a/b c\n' })
  expect(calls).toEqual([
    ['audit', { actor: 'anonymous', action: 'model.put', subject: 'a/b c', detail: { bytes: 13 } }],
    ['put', 'a/b c', 'model: a/b c\n', 'application/yaml'],
  ])
  await app.inject({ method: 'PUT', url, headers: json, payload: '{"model":1}' })
  expect(calls.at(-1)).toEqual(['put', 'a/b c', '{"model":1}', 'application/json'])
  const hostile = encodeURIComponent("x'; DROP TABLE `a`")
  const put = { method: 'PUT', url: `/v1/models/${hostile}`, headers: yaml, payload: 'x' } as const
  expect((await app.inject(put)).statusCode).toBe(400)
})

test('a change that cannot be put on record is not made', async () => {
  const { deps, calls } = fakes()
  const audit = {
    record: async () => {
      throw new Error('disk full')
    },
  }
  const app = await appOf({ ...deps, audit })
  const put = { method: 'PUT', url: '/v1/models/fraud', headers: json, payload: '{}' } as const
  expect((await app.inject(put)).statusCode).toBe(500)
  expect(calls).toEqual([])
})

test('baselines are listed, shown and made', async () => {
  const { deps, calls } = fakes()
  const key = madeKey(['admin'])
  const app = await appOf({ ...deps, keys: keyring([key.stored]) })
  const headers = { ...json, ...bearer(key.key) }
  const url = '/v1/models/fraud/baselines'
  const list = await app.inject({ url, headers })
  expect(list.json()).toMatchObject({ baselines: [{ baseline: 'training', n: 1000 }] })
  const one = await app.inject({ url: `${url}/training`, headers })
  expect(one.json()).toMatchObject({ definition: { file: 'january.parquet' } })
  expect((await app.inject({ url: `${url}/none`, headers })).json()).toMatchObject({
    code: 'BASELINE_NOT_FOUND',
  })
  const payload = { name: 'week', definition: { trailing: '7d' } }
  const made = await app.inject({ method: 'POST', url, headers, payload })
  expect(made.statusCode).toBe(201)
  expect(calls.slice(-2)).toEqual([
    [
      'audit',
      {
        actor: key.stored.id,
        action: 'baseline.create',
        subject: 'fraud/week',
        detail: payload,
      },
    ],
    ['createBaseline', 'fraud', payload],
  ])
  for (const definition of [{}, { trailing: '7d', version: '1' }, { trailing: 7 }, { sql: 'x' }]) {
    const wrong = { name: 'week', definition }
    const answer = await app.inject({ method: 'POST', url, headers, payload: wrong })
    expect(answer.statusCode).toBe(400)
  }
})

test('a sliced query hands its body on untouched and answers as JSON or CSV', async () => {
  const { deps, calls } = fakes()
  const app = await appOf(deps)
  const ask = { method: 'POST', url: '/v1/models/fraud/query', headers: json } as const
  const payload = { select: [{ count: true }], limit: '5' }
  const answer = await app.inject({ ...ask, payload })
  expect(answer.json()).toEqual({
    columns: [{ name: 'country', type: 'string' }],
    rows: [['DE'], [null], ['a "b", c']],
    truncated: false,
  })
  expect(calls).toEqual([['query', 'fraud', payload]])
  const csv = await app.inject({ ...ask, headers: { ...json, accept: 'text/csv' }, payload })
  expect(csv.body).toBe('country\r\nDE\r\n\r\n"a ""b"", c"\r\n')
  expect(csv.headers['x-truncated']).toBe('false')
})
