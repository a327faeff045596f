import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createEgress } from '../../alerts/egress.ts'
import { send } from '../../alerts/send.ts'
import type { TargetRequest } from '../../alerts/target.ts'
import { startReceiver, type Receiver } from './receiver.ts'

let receiver: Receiver
beforeAll(async () => {
  receiver = await startReceiver()
})
afterAll(() => receiver.close())

const egress = createEgress({ allow: ['127.0.0.1'] })
const post = (url = receiver.url): TargetRequest => ({
  method: 'POST',
  url,
  headers: { 'content-type': 'application/json' },
  body: '{"a":1}',
})

test('the request arrives as it was written and the answer comes back', async () => {
  receiver.answer(201)
  expect(await send(egress, post(), 5000)).toEqual({
    status: 201,
    retryAfter: null,
    body: 'thanks',
  })
  expect(receiver.received).toMatchObject([{ path: '/hook', body: '{"a":1}' }])
})

test.each([301, 302, 303, 307, 308])('a redirect (%d) is an answer, not a way', async (status) => {
  receiver.answer((response) => {
    response.writeHead(status, { location: `http://127.0.0.1:${receiver.port}/elsewhere` }).end()
  })
  expect(await send(egress, post(), 5000)).toMatchObject({ status })
  expect(receiver.received.map(({ path }) => path)).toEqual(['/hook'])
})

test('a receiver that never answers costs the deadline and no more', async () => {
  receiver.answer(() => undefined)
  await expect(send(egress, post(), 100)).rejects.toMatchObject({
    code: 'WEBHOOK_UNREACHABLE',
    retryable: true,
  })
})

test('a body that never ends is read up to 64 kB and dropped; the status counts', async () => {
  let sent = 0
  const over = new Promise<void>((resolve) => {
    receiver.answer((response) => {
      const chunk = Buffer.alloc(16_384, 'x')
      const more = (): void => {
        while (sent < 1e9 && response.write(chunk)) sent += chunk.length
      }
      response.on('drain', more).on('close', resolve)
      response.writeHead(200)
      more()
    })
  })
  const answer = await send(egress, post(), 5000)
  await over
  expect(answer.status).toBe(200)
  expect(answer.body).toBe('x'.repeat(2000))
  expect(sent).toBeLessThan(50_000_000)
})

test('a body that drips is given up at the deadline; the status counts', async () => {
  receiver.answer((response) => {
    response.writeHead(202).write('a')
    const drip = setInterval(() => response.write('b'), 20)
    response.on('close', () => {
      clearInterval(drip)
    })
  })
  const answer = await send(egress, post(), 150)
  expect(answer.status).toBe(202)
  expect(answer.body).toMatch(/^ab*$/)
})

test('headers that drip do not outlast the deadline', async () => {
  const server = createServer((socket) => {
    socket.write('HTTP/1.1 200 OK\r\n')
    const drip = setInterval(() => socket.write('x'), 20)
    socket
      .on('error', () => undefined)
      .on('close', () => {
        clearInterval(drip)
      })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await expect(send(egress, post(`http://127.0.0.1:${port}/`), 150)).rejects.toMatchObject({
    code: 'WEBHOOK_UNREACHABLE',
  })
  server.close()
})

test('nobody listening is worth another attempt, and the error names no path', async () => {
  const failed = send(egress, post('http://127.0.0.1:1/services/T0/secret'), 1000)
  await expect(failed).rejects.toMatchObject({
    code: 'WEBHOOK_UNREACHABLE',
    message: 'no answer from http://127.0.0.1:1/…: ECONNREFUSED',
  })
})

test('an answer that is no HTTP is a failure of the receiver', async () => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined).end('SSH-2.0-OpenSSH\r\n')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await expect(send(egress, post(`http://127.0.0.1:${port}/`), 1000)).rejects.toMatchObject({
    code: 'WEBHOOK_UNREACHABLE',
  })
  server.close()
})

test('a blocked address is not called', async () => {
  receiver.answer(200)
  const strict = createEgress({ allow: [] })
  await expect(send(strict, post(), 1000)).rejects.toMatchObject({ code: 'WEBHOOK_BLOCKED' })
  expect(receiver.received).toEqual([])
})

test('a name is called at the address that was checked, whatever the name server says next', async () => {
  receiver.answer(200)
  const answers = ['127.0.0.1', '10.0.0.1']
  const asked: string[] = []
  const lookup = async (host: string) => {
    asked.push(host)
    return [{ address: answers.shift() ?? '10.0.0.2', family: 4 }]
  }
  const pinned = createEgress({ allow: ['127.0.0.1/32'], ports: [receiver.port] }, lookup)
  const url = `http://hooks.example.com:${receiver.port}/hook`
  expect((await send(pinned, post(url), 1000)).status).toBe(200)
  expect(asked).toEqual(['hooks.example.com'])
  expect(receiver.received[0]?.headers.host).toBe(`hooks.example.com:${receiver.port}`)
  await expect(send(pinned, post(url), 1000)).rejects.toMatchObject({ code: 'WEBHOOK_BLOCKED' })
})

test.each([
  ['private', ['10.0.0.1']],
  ['public first, private second', ['93.184.216.34', '127.0.0.1']],
  ['cloud metadata', ['169.254.169.254']],
  ['IPv6 loopback', ['::1']],
  ['an IPv4 loopback in IPv6 clothes', ['::ffff:127.0.0.1']],
  ['no address at all', ['not-an-address']],
])('a name that resolves to %s is blocked', async (_name, addresses) => {
  const lookup = async () =>
    addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
  const strict = createEgress({ allow: [], ports: [receiver.port] }, lookup)
  await expect(
    send(strict, post(`http://hooks.example.com:${receiver.port}/`), 1000),
  ).rejects.toMatchObject({ code: 'WEBHOOK_BLOCKED', details: { rule: 'address' } })
})

test('a name without an address may have one later', async () => {
  const none = createEgress({ allow: [] }, async () => [])
  const gone = createEgress({ allow: [] }, async () => {
    throw Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' })
  })
  for (const resolver of [none, gone]) {
    await expect(send(resolver, post('http://nowhere.example/'), 1000)).rejects.toMatchObject({
      code: 'WEBHOOK_UNREACHABLE',
    })
  }
})
