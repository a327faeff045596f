import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { createTokenSource } from '../../../ingest/sources/kafka-token.ts'

let issuer: Server | null = null
afterEach(() => issuer?.close())

interface Asked {
  readonly authorization: string
  readonly form: string
}

async function startIssuer(
  status: number,
  answer: string,
): Promise<{ url: string; asked: Asked[] }> {
  const asked: Asked[] = []
  const server = createServer((req, res) => {
    let form = ''
    req.on('data', (chunk) => (form += String(chunk)))
    req.on('end', () => {
      asked.push({ authorization: req.headers.authorization ?? '', form })
      res.writeHead(status).end(answer)
    })
  })
  issuer = server
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`, asked }
}

const secret = () => 's&cret'
const sasl = (tokenUrl: string) =>
  ({
    mechanism: 'oauthbearer',
    tokenUrl,
    clientId: 'me',
    clientSecret: 'file:/s',
    scope: 'kafka',
  }) as const

test('a token is asked for with the credentials of the client and kept for most of its life', async () => {
  const { url, asked } = await startIssuer(200, '{"access_token":"t","expires_in":300}')
  let now = 0
  const token = createTokenSource(sasl(url), secret, () => now)
  expect([await token(), await token()]).toEqual(['t', 't'])
  expect(asked).toEqual([
    {
      authorization: `Basic ${Buffer.from('me:s%26cret').toString('base64')}`,
      form: 'grant_type=client_credentials&scope=kafka',
    },
  ])
  now = 271_000
  await token()
  expect(asked).toHaveLength(2)
})

test.each([
  [401, '{"error":"invalid_client"}', 'KAFKA_REFUSED'],
  [503, '', 'KAFKA_UNAVAILABLE'],
  [429, '', 'KAFKA_UNAVAILABLE'],
  [200, 'no json', 'KAFKA_UNAVAILABLE'],
  [200, '[1]', 'KAFKA_UNAVAILABLE'],
  [200, JSON.stringify({ access_token: 'x'.repeat(100_000) }), 'KAFKA_UNAVAILABLE'],
])('an issuer that answers %i %s', async (status, answer, code) => {
  const { url } = await startIssuer(status, answer)
  await expect(createTokenSource(sasl(url), secret)()).rejects.toMatchObject({ code })
})

test('an issuer that is away is tried again by who asks', async () => {
  const token = createTokenSource(sasl('http://127.0.0.1:1/token'), secret)
  await expect(token()).rejects.toMatchObject({ code: 'KAFKA_UNAVAILABLE' })
})

test('a token that something else renews is read at each use', async () => {
  let value = 'old'
  const token = createTokenSource({ mechanism: 'oauthbearer', token: 'file:/t' }, () => value)
  expect(await token()).toBe('old')
  value = 'new'
  expect(await token()).toBe('new')
})
