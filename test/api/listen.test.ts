import { once } from 'node:events'
import { connect } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { listen, type Listener } from '../../api/listen.ts'
import { appOf, closeApps, fakes, keyring, madeKey } from './fakes.ts'

let listener: Listener | null = null
afterEach(async () => {
  await listener?.close(0)
  listener = null
  await closeApps()
})

test.each(['0.0.0.0', '::', '192.0.2.1', 'tidegauge.example'])(
  'does not listen on %s without an API key',
  async (host) => {
    const { deps } = fakes()
    const app = await appOf(deps)
    await expect(listen(app, { host, port: 0, keys: deps.keys })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    })
    expect(app.server.listening).toBe(false)
  },
)

test('listens elsewhere once there is a key', async () => {
  const { deps } = fakes()
  const keys = keyring([madeKey(['admin']).stored])
  listener = await listen(await appOf({ ...deps, keys }), { host: '0.0.0.0', port: 0, keys })
  const { port } = new URL(listener.url)
  expect((await fetch(`http://127.0.0.1:${port}/health/live`)).status).toBe(200)
  expect((await fetch(`http://127.0.0.1:${port}/v1/models`)).status).toBe(401)
})

test('a request in flight is answered before the socket closes, and nothing more is waited for', async () => {
  const { deps } = fakes()
  let finish = (): void => undefined
  const entered = new Promise<void>((enter) => {
    const receive = () => {
      enter()
      return new Promise<{ accepted: number; rejected: [] }>((resolve) => {
        finish = () => {
          resolve({ accepted: 1, rejected: [] })
        }
      })
    }
    Object.assign(deps, { intake: { receive } })
  })
  listener = await listen(await appOf(deps), { host: '127.0.0.1', port: 0, keys: deps.keys })
  const headers = { 'content-type': 'application/x-ndjson' }
  const answer = fetch(`${listener.url}/v1/events`, { method: 'POST', headers, body: '{}' })
  await entered
  // Longer than a test may take: a connection kept for its client would fail it.
  const closed = listener.close(600_000)
  finish()
  expect(await (await answer).json()).toEqual({ accepted: 1, rejected: [] })
  await closed
  listener = null
})

test('a caller that never finishes its request is cut when the grace is over', async () => {
  const { deps } = fakes()
  const app = await appOf(deps)
  listener = await listen(app, { host: '127.0.0.1', port: 0, keys: deps.keys })
  const begun = once(app.server, 'request')
  const socket = connect(Number(new URL(listener.url).port), '127.0.0.1').resume()
  const cut = once(socket, 'close')
  socket.on('error', () => undefined)
  socket.write(
    'POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 10\r\n\r\n{',
  )
  await begun
  await listener.close(50)
  await cut
  listener = null
})

test('a request that trickles in has a deadline', async () => {
  const { deps } = fakes()
  const app = await appOf({ ...deps, options: { requestTimeoutMs: 200 } })
  expect(app.server.requestTimeout).toBe(200)
  expect(app.server.headersTimeout).toBe(200)
})
