import { afterEach, expect, test } from 'vitest'
import type { AppDeps } from '../../api/ports.ts'
import { appOf, bearer, closeApps, fakes, keyring, madeKey, noon } from './fakes.ts'

afterEach(closeApps)

const withKeys = (deps: AppDeps, ...keys: { stored: ReturnType<typeof madeKey>['stored'] }[]) => ({
  ...deps,
  keys: keyring(keys.map(({ stored }) => stored)),
})

const ingest = madeKey(['ingest'])
const read = madeKey(['read'])
const write = madeKey(['write'])
const admin = madeKey(['admin'])

const requests = [
  { name: 'sending events', method: 'POST', url: '/v1/events', scope: 'ingest' },
  { name: 'reading models', method: 'GET', url: '/v1/models', scope: 'read' },
  { name: 'changing a model', method: 'PUT', url: '/v1/models/fraud', scope: 'write' },
  { name: 'replaying', method: 'POST', url: '/v1/dead-letters/replay', scope: 'write' },
  { name: 'querying', method: 'POST', url: '/v1/models/fraud/query', scope: 'read' },
  { name: 'the ledger', method: 'GET', url: '/v1/ledger/audit', scope: 'read' },
  { name: 'metrics', method: 'GET', url: '/metrics', scope: 'read' },
  { name: 'the documents', method: 'GET', url: '/openapi.json', scope: 'read' },
  { name: 'the page of documents', method: 'GET', url: '/docs/', scope: 'read' },
  { name: 'the first page', method: 'GET', url: '/', scope: 'read' },
] as const

test.each(requests)('$name needs a key with the scope $scope', async ({ method, url, scope }) => {
  const { deps } = fakes()
  const app = await appOf(withKeys(deps, ingest, read, write, admin))
  const ask = async (headers: Record<string, string>): Promise<number> => {
    const type = { 'content-type': 'application/json' }
    const body = method === 'GET' ? {} : { payload: '{"filter":{}}' }
    const answer = await app.inject({ method, url, headers: { ...type, ...headers }, ...body })
    return answer.statusCode
  }
  expect(await ask({})).toBe(401)
  for (const [name, { key }] of Object.entries({ ingest, read, write, admin })) {
    const allowed = name === scope || name === 'admin'
    expect([name, await ask(bearer(key))]).toEqual([name, allowed ? 200 : 403])
  }
})

test('every refusal for want of a valid key reads the same', async () => {
  const revoked = madeKey(['admin'], { revokedAt: new Date(noon - 1) })
  const expired = madeKey(['admin'], { expiresAt: new Date(noon) })
  const unknown = madeKey(['admin'])
  const app = await appOf(withKeys(fakes().deps, read, revoked, expired))
  const wrongSecret = `${read.key.slice(0, -4)}AAAA`
  const answers = await Promise.all(
    [revoked.key, expired.key, unknown.key, wrongSecret, 'tgk_', 'x'.repeat(4000), ''].map((key) =>
      app.inject({ url: '/v1/models', headers: bearer(key) }),
    ),
  )
  expect(new Set(answers.map(({ body }) => body)).size).toBe(1)
  for (const answer of answers) {
    expect(answer.statusCode).toBe(401)
    expect(answer.headers['www-authenticate']).toEqual(['Bearer realm="tidegauge"'])
  }
})

test('a key works until the moment it expires', async () => {
  const key = madeKey(['read'], { expiresAt: new Date(noon + 1) })
  const app = await appOf(withKeys(fakes().deps, key))
  const answer = await app.inject({ url: '/v1/models', headers: bearer(key.key) })
  expect(answer.statusCode).toBe(200)
})

test('probes need no key', async () => {
  const app = await appOf(withKeys(fakes().deps, read))
  expect((await app.inject('/health/live')).statusCode).toBe(200)
  expect((await app.inject('/health/ready')).statusCode).toBe(200)
})

test('what does not exist is not told apart from what does without a key', async () => {
  const app = await appOf(withKeys(fakes().deps, read))
  const bodies = await Promise.all(
    ['/v1/models/fraud', '/v1/models/nobody', '/nowhere'].map((url) => app.inject(url)),
  )
  expect(new Set(bodies.map(({ body, statusCode }) => `${statusCode} ${body}`)).size).toBe(1)
})

test('a key bound to models sees those and learns nothing of others', async () => {
  const bound = madeKey(['admin'], { models: ['fraud'] })
  const { deps, calls } = fakes([{ model: 'fraud' }, { model: 'churn' }])
  const app = await appOf(withKeys(deps, bound))
  const get = async (url: string) => app.inject({ url, headers: bearer(bound.key) })

  const { models } = (await get('/v1/models')).json<{ models: { model: string }[] }>()
  expect(models.map(({ model }) => model)).toEqual(['fraud'])
  expect((await get('/v1/models/fraud')).statusCode).toBe(200)
  for (const suffix of ['', '/history', '/baselines', '/baselines/x', '/windows', '/metrics']) {
    const known = await get(`/v1/models/churn${suffix}`)
    const unknown = await get(`/v1/models/nobody${suffix}`)
    expect([known.statusCode, unknown.statusCode]).toEqual([403, 403])
    expect(unknown.body).toBe(known.body.replace('churn', 'nobody'))
  }
  expect((await get('/v1/events/churn/1')).statusCode).toBe(403)
  for (const path of ['alerts', 'alerts/transitions', 'deliveries', 'dead-letters']) {
    expect((await get(`/v1/${path}?model=churn`)).statusCode).toBe(403)
    expect((await get(`/v1/${path}?model=fraud&model=churn`)).statusCode).toBe(403)
    expect((await get(`/v1/${path}`)).statusCode).toBe(200)
  }
  const filters = calls.filter(([port]) =>
    ['alerts', 'transitions', 'deliveries', 'deadLetters'].includes(String(port)),
  )
  expect(filters.length).toBe(4)
  for (const [, filter] of filters) expect(filter).toMatchObject({ models: ['fraud'] })
  expect((await get('/v1/ledger/audit')).statusCode).toBe(403)
  expect((await get('/metrics')).statusCode).toBe(403)
})

test('the binding of a key reaches the intake and the replay', async () => {
  const bound = madeKey(['ingest', 'write'], { models: ['fraud'] })
  const { deps, calls } = fakes()
  const app = await appOf(withKeys(deps, bound))
  const headers = { ...bearer(bound.key), 'content-type': 'application/json' }
  await app.inject({ method: 'POST', url: '/v1/events', headers, payload: '{}' })
  expect(calls[0]).toMatchObject(['receive', { models: ['fraud'] }])
  const url = '/v1/dead-letters/replay'
  const foreign = { filter: { model: 'churn' } }
  const refused = await app.inject({ method: 'POST', url, headers, payload: foreign })
  expect(refused.statusCode).toBe(403)
  await app.inject({ method: 'POST', url, headers, payload: { filter: {} } })
  expect(calls.at(-1)).toMatchObject(['replay', { models: ['fraud'] }])
})

test('guesses count against the guesser, not against the key whose id they use', async () => {
  const { deps } = fakes()
  const app = await appOf({
    ...withKeys(deps, read),
    options: { rateLimit: { max: 2, windowMs: 60_000 } },
  })
  const guess = `${read.key.slice(0, -4)}AAAA`
  const ask = async (key: string) =>
    (await app.inject({ url: '/v1/models', headers: bearer(key) })).statusCode
  expect([await ask(guess), await ask(guess), await ask(guess)]).toEqual([401, 401, 429])
  expect(await ask(read.key)).toBe(200)
})

test('a browser may read with the key as a password, and change nothing', async () => {
  const app = await appOf(withKeys(fakes().deps, admin))
  const page = await app.inject({ url: '/docs/', headers: { accept: 'text/html' } })
  expect(page.statusCode).toBe(401)
  expect(page.headers['www-authenticate']).toContain('Basic realm="tidegauge", charset="UTF-8"')
  const basic = `Basic ${Buffer.from(`anyone:${admin.key}`).toString('base64')}`
  const headers = { authorization: basic }
  expect((await app.inject({ url: '/docs/', headers })).statusCode).toBe(200)
  const post = { method: 'POST', url: '/v1/events', payload: '{}' } as const
  for (const sign of [{ origin: 'http://localhost' }, { 'sec-fetch-site': 'same-origin' }]) {
    expect((await app.inject({ ...post, headers: { ...headers, ...sign } })).statusCode).toBe(401)
  }
})

test('a logger that knows a URL and no more sends the key as its password', async () => {
  const app = await appOf(withKeys(fakes().deps, admin))
  const headers = {
    authorization: `Basic ${Buffer.from(`kserve:${admin.key}`).toString('base64')}`,
    'content-type': 'application/json',
  }
  const answer = await app.inject({ method: 'POST', url: '/v1/events', headers, payload: '{}' })
  expect(answer.statusCode).toBe(200)
})

test.each([
  { name: 'a rebound name', headers: { host: 'evil.example' } },
  { name: 'another origin', headers: { host: 'localhost:8080', origin: 'https://evil.example' } },
])('without keys a web page is refused: $name', async ({ headers }) => {
  const { deps, calls } = fakes()
  const app = await appOf(deps)
  const type = { 'content-type': 'text/plain' }
  const post = { method: 'POST', url: '/v1/events', payload: '{}' } as const
  const answer = await app.inject({ ...post, headers: { ...type, ...headers } })
  expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([403, 'FORBIDDEN'])
  expect(calls).toEqual([])
})

test.each(['localhost:8080', '127.0.0.1:8080', '[::1]:8080'])(
  'without keys a program on this machine is answered under %s',
  async (host) => {
    const app = await appOf(fakes().deps)
    expect((await app.inject({ url: '/v1/models', headers: { host } })).statusCode).toBe(200)
  },
)
