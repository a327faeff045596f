import { afterEach, expect, test } from 'vitest'
import { AppError } from '../../core/errors.ts'
import { appOf, closeApps, fakes } from './fakes.ts'

afterEach(closeApps)

interface Operation {
  operationId?: string
  summary?: string
  tags?: string[]
  responses: Record<string, unknown>
}
interface Document {
  openapi: string
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, unknown> }
}

test('the OpenAPI document describes every route, each under an id of its own', async () => {
  const app = await appOf(fakes().deps)
  const document = (await app.inject('/openapi.json')).json<Document>()
  expect(document.openapi).toBe('3.1.0')
  const operations = Object.values(document.paths).flatMap((path) => Object.values(path))
  expect(operations.length).toBeGreaterThanOrEqual(24)
  for (const operation of operations) {
    expect(operation).toMatchObject({
      operationId: expect.any(String) as string,
      summary: expect.any(String) as string,
      tags: [expect.any(String)],
    })
    expect(Object.keys(operation.responses)).toEqual(expect.arrayContaining(['4XX', '5XX']))
  }
  const ids = operations.map(({ operationId }) => operationId)
  expect(new Set(ids).size).toBe(ids.length)
  const refs = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]*)"/g)].map(([, ref]) => ref)
  const schemas = Object.keys(document.components.schemas)
  expect(schemas).toContain('Error')
  expect(schemas.map((name) => `#/components/schemas/${name}`)).toEqual(
    expect.arrayContaining([...new Set(refs)]),
  )
})

test('the documents name every route that the service has', async () => {
  const app = await appOf(fakes().deps)
  const document = (await app.inject('/openapi.json')).json<Document>()
  expect(Object.keys(document.paths).sort()).toEqual([
    '/',
    '/health/live',
    '/health/ready',
    '/metrics',
    '/v1/alerts',
    '/v1/alerts/transitions',
    '/v1/dead-letters',
    '/v1/dead-letters/replay',
    '/v1/deliveries',
    '/v1/deliveries/{id}',
    '/v1/deliveries/{id}/redeliver',
    '/v1/events',
    '/v1/events/{model}/{id}',
    '/v1/ledger',
    '/v1/ledger/audit',
    '/v1/models',
    '/v1/models/{model}',
    '/v1/models/{model}/baselines',
    '/v1/models/{model}/baselines/{name}',
    '/v1/models/{model}/contributions',
    '/v1/models/{model}/history',
    '/v1/models/{model}/metrics',
    '/v1/models/{model}/outliers',
    '/v1/models/{model}/query',
    '/v1/models/{model}/windows',
    '/v1/partitions',
    '/v1/partitions/release',
  ])
})

test('the documentation page may load its own scripts over plain http and nothing else', async () => {
  const app = await appOf(fakes().deps)
  const page = await app.inject('/docs/')
  expect(page.statusCode).toBe(200)
  const policy = String(page.headers['content-security-policy'])
  expect(policy).toContain("script-src 'self'")
  expect(policy).not.toContain('upgrade-insecure-requests')
  const scripts = [...page.body.matchAll(/src="([^"]+)"/g)].map(([, src]) => src ?? '')
  expect(scripts.length).toBeGreaterThan(0)
  for (const src of scripts) {
    const url = new URL(src, 'http://localhost/docs/').pathname
    expect((await app.inject(url)).statusCode).toBe(200)
  }
  expect(page.body).not.toMatch(/<script>[^<]/)
})

test('what is not there is answered with a code', async () => {
  const app = await appOf(fakes().deps)
  const answer = await app.inject('/v2/nothing')
  expect(answer.statusCode).toBe(404)
  expect(answer.json()).toEqual({
    code: 'ROUTE_NOT_FOUND',
    message: 'nothing answers GET here; see /docs',
  })
  expect((await app.inject('/v1/models/nobody')).json()).toMatchObject({ code: 'MODEL_NOT_FOUND' })
  expect((await app.inject('/%zz')).json()).toMatchObject({ code: 'REQUEST_INVALID' })
})

test('a failure nobody expected tells the caller nothing of itself', async () => {
  const { deps } = fakes()
  const app = await appOf({
    ...deps,
    ledger: {
      audit: async () => {
        throw new Error('password=hunter2')
      },
    },
  })
  const answer = await app.inject('/v1/ledger/audit')
  expect(answer.statusCode).toBe(500)
  expect(answer.json()).toMatchObject({ code: 'INTERNAL_ERROR' })
  expect(answer.body).not.toContain('hunter2')
})

test('a failure that will pass says when to come again', async () => {
  const { deps } = fakes()
  const failing = (details: Record<string, unknown>) => ({
    ...fakes().deps,
    ledger: {
      audit: async () => {
        throw new AppError('STORE_UNAVAILABLE', 'no answer', { details })
      },
    },
  })
  const soon = await (await appOf(failing({}))).inject('/v1/ledger')
  expect([soon.statusCode, soon.headers['retry-after']]).toEqual([503, '1'])
  const later = await (await appOf(failing({ retryAfterSeconds: 2.5 }))).inject('/v1/ledger')
  expect(later.headers['retry-after']).toBe('3')
  const never = await (await appOf(deps)).inject('/v1/models/nobody')
  expect(never.headers['retry-after']).toBeUndefined()
})

test('more requests than allowed are refused before their bodies are read', async () => {
  const { deps, calls } = fakes()
  const app = await appOf({ ...deps, options: { rateLimit: { max: 2, windowMs: 60_000 } } })
  await app.inject('/v1/models')
  await app.inject('/v1/models')
  const third = await app.inject({ method: 'POST', url: '/v1/events', payload: '{}' })
  expect(third.statusCode).toBe(429)
  expect(third.json()).toMatchObject({ code: 'RATE_LIMITED' })
  expect(Number(third.headers['retry-after'])).toBeGreaterThan(0)
  expect(calls).toEqual([])
  expect((await app.inject('/health/live')).statusCode).toBe(200)
})

test('requests are counted by route and kind of answer, never by path', async () => {
  const { deps } = fakes()
  const app = await appOf(deps)
  await app.inject('/v1/models/fraud')
  await app.inject('/v1/models/nobody')
  await app.inject('/some/random/path')
  const text = (await app.inject('/metrics')).body
  expect(text).toContain(
    'tidegauge_api_request_duration_seconds_count{method="GET",route="/v1/models/:model",status_class="2xx"} 1',
  )
  expect(text).toContain('route="/v1/models/:model",status_class="4xx"} 1')
  expect(text).toContain('route="unmatched",status_class="4xx"} 1')
  expect(text).not.toContain('random')
})

test('liveness and readiness are answered, the latter with 503 when something is wrong', async () => {
  const { deps, calls } = fakes()
  const app = await appOf(deps)
  expect((await app.inject('/health/live')).json()).toEqual({ status: 'ok', version: '1.2.3' })
  const ready = await app.inject('/health/ready?maxStalenessSeconds=60&maxLagRecords=5')
  expect(ready.json()).toEqual({ ready: true, checks: { store: { ok: true, detail: '' } } })
  expect(calls).toEqual([['readiness', { maxStalenessSeconds: 60, maxLagRecords: 5 }]])

  const checks = { store: { ok: false, detail: 'no answer' } }
  const sick = await appOf({ ...fakes().deps, readiness: async () => ({ ready: false, checks }) })
  const answer = await sick.inject('/health/ready')
  expect([answer.statusCode, answer.json()]).toEqual([503, { ready: false, checks }])
})

test('the first page is links for people and JSON for programs', async () => {
  const app = await appOf(fakes().deps)
  const page = await app.inject({ url: '/', headers: { accept: 'text/html,*/*' } })
  expect(page.headers['content-type']).toContain('text/html')
  expect(page.body).toContain('href="/docs"')
  expect((await app.inject('/')).json()).toMatchObject({ links: { openapi: '/openapi.json' } })
})

test.each([
  ['operations', 404, 404],
  ['events', 200, 404],
  ['everything', 200, 200],
] as const)('a process that serves %s answers that and its health', async (serves, events, api) => {
  const app = await appOf({ ...fakes().deps, options: { serves } })
  const headers = { 'content-type': 'application/json' }
  const posted = await app.inject({ method: 'POST', url: '/v1/events', headers, payload: '{}' })
  const status = async (url: string) => (await app.inject(url)).statusCode
  expect([posted.statusCode, await status('/v1/models')]).toEqual([events, api])
  expect([await status('/health/ready'), await status('/metrics')]).toEqual([200, 200])
})
