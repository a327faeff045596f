import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { queryCommand } from '../../bin/query.ts'

interface Reply {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string
}

const answer = {
  columns: [
    { name: 'origin', type: 'text' },
    { name: 'n', type: 'number' },
  ],
  rows: [
    ['ATL\u001b[31m', 12345.678912],
    [null, 1],
  ],
  truncated: true,
}

let server: Server
let url: string
let replies: Reply[] = []
let requests: { request: IncomingMessage; body: string }[] = []
beforeAll(async () => {
  server = createServer((request, response) => {
    let body = ''
    request.on('data', (piece: Buffer) => (body += piece.toString()))
    request.on('end', () => {
      requests.push({ request, body })
      const reply = replies.shift() ?? { status: 200, body: JSON.stringify(answer) }
      response.writeHead(reply.status, reply.headers).end(reply.body)
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => server.close())

let printed: string[] = []
beforeEach(() => {
  ;[printed, replies, requests] = [[], [], []]
  const keep = (text: unknown): boolean => printed.push(String(text)) > 0
  vi.spyOn(console, 'log').mockImplementation(keep)
  vi.spyOn(console, 'error').mockImplementation(keep)
  vi.spyOn(process.stdout, 'write').mockImplementation(keep)
})
afterEach(() => vi.restoreAllMocks())

/** Runs the command; null, or the message it ended with. */
async function run(...args: string[]): Promise<string | null> {
  const command = queryCommand()
    .exitOverride()
    .configureOutput({ writeErr: () => undefined })
  try {
    await command.parseAsync(['flight delay', '--url', url, ...args], { from: 'user' })
    return null
  } catch (error) {
    return (error as Error).message
  }
}

test('the query goes to the model by the public interface, with the key', async () => {
  expect(await run('--body', '{"select":[]}', '--key', 'tgk_x')).toBeNull()
  const [{ request, body }] = requests as [{ request: IncomingMessage; body: string }]
  expect(request.url).toBe('/v1/models/flight%20delay/query')
  expect(request.headers).toMatchObject({
    authorization: 'Bearer tgk_x',
    'content-type': 'application/json',
  })
  expect(body).toBe('{"select":[]}')
})

test('a table shows missing values as a dash, says that it was cut, and cannot steer the terminal', async () => {
  await run('--body', '{}')
  const text = printed.join('\n')
  expect(text).toMatch(/ATL\ufffd\[31m.*12345\.7/)
  expect(text).toMatch(/│ - /)
  expect(text).toContain('There are more rows')
})

test('JSON and CSV are printed as the service sent them', async () => {
  await run('--body', '{}', '--format', 'json')
  expect(JSON.parse(printed[0]!)).toEqual(answer)
  replies.push({ status: 200, body: 'origin,n\r\nATL,1\r\n' })
  await run('--body', '{}', '--format', 'csv')
  expect(printed[1]).toBe('origin,n\r\nATL,1\r\n')
  expect(requests[1]!.request.headers.accept).toBe('text/csv')
})

test('a refused query shows each of its problems', async () => {
  const problems = [
    { path: 'by[0]', found: '"x"', allowed: 'version' },
    { path: 'limit', found: '0', allowed: 'more' },
  ]
  const body = JSON.stringify({ code: 'QUERY_INVALID', message: 'm', details: { problems } })
  replies.push({ status: 400, body })
  expect(await run('--body', '{}')).toBe(
    'error: QUERY_INVALID\n  by[0]: found "x", allowed: version\n  limit: found 0, allowed: more',
  )
})

test('a busy service is asked again', async () => {
  replies.push({ status: 503, headers: { 'retry-after': '0.01' }, body: '{}' })
  expect(await run('--body', '{}')).toBeNull()
  expect(requests).toHaveLength(2)
})

test.each([
  { name: 'no query', args: [], message: 'give the query with' },
  { name: 'a query that is no JSON', args: ['--body', '{'], message: 'the query is no JSON' },
  {
    name: 'a file that is not there',
    args: ['--json', '/nowhere.json'],
    message: 'give the query',
  },
  {
    name: 'no service',
    args: ['--body', '{}', '--url', 'http://127.0.0.1:9'],
    message: 'no service answers at http://127.0.0.1:9',
  },
])('$name ends with a sentence, not a stack', async ({ args, message }) => {
  expect(await run(...args)).toContain(message)
})
