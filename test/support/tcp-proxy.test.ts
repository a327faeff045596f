import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts'

let echo: Server
let proxy: TcpProxy
/** Pieces as the server's socket gave them. */
let arrived: Buffer[]
const open = new Set<Socket>()

beforeEach(async () => {
  arrived = []
  echo = createServer({ allowHalfOpen: true }, (socket) => {
    open.add(socket)
    socket.on('error', () => undefined)
    socket.on('data', (chunk) => {
      arrived.push(chunk)
      socket.write(chunk)
    })
    socket.on('end', () => socket.end())
  })
  echo.listen(0, '127.0.0.1')
  await once(echo, 'listening')
  proxy = await startTcpProxy({ to: { port: (echo.address() as AddressInfo).port }, seed: 7 })
})

afterEach(async () => {
  for (const socket of open) socket.destroy()
  open.clear()
  await proxy.close()
  await new Promise((resolve) => echo.close(resolve))
})

interface Client {
  readonly socket: Socket
  readonly received: () => string
  /** How the connection ended. */
  readonly ended: Promise<'end' | 'ECONNRESET' | 'ECONNREFUSED'>
}

function client(): Client {
  const socket = connect(proxy.port, '127.0.0.1')
  open.add(socket)
  let received = ''
  socket.on('data', (chunk) => (received += chunk.toString()))
  const ended = new Promise<'end' | 'ECONNRESET' | 'ECONNREFUSED'>((resolve) => {
    socket.on('end', () => {
      resolve('end')
    })
    socket.on('error', ({ code }: NodeJS.ErrnoException) => {
      resolve(code as 'ECONNRESET')
    })
  })
  return { socket, received: () => received, ended }
}

async function sent(text: string): Promise<Client> {
  const opened = client()
  opened.socket.write(text)
  await expect.poll(opened.received).toBe(text)
  return opened
}

test('without toxics, bytes and the end of each side pass', async () => {
  const text = 'x'.repeat(300_000)
  const { socket, ended } = await sent(text)
  socket.end()
  expect(await ended).toBe('end')
  await expect.poll(proxy.connections).toBe(0)
})

test('latency delays each byte once, not each piece after the other', async () => {
  proxy.set({ toClient: [{ kind: 'latency', ms: 60, jitterMs: 5 }] })
  const started = performance.now()
  const { socket, received } = client()
  for (let i = 0; i < 30; i++) {
    socket.write('x')
    await sleep(1)
  }
  await expect.poll(received, { interval: 5 }).toHaveLength(30)
  // A lower bound cannot fail on a slow machine; one after the other would take 1800 ms.
  expect(performance.now() - started).toBeGreaterThanOrEqual(55)
})

test('bandwidth holds back what is more', async () => {
  proxy.set({ toServer: [{ kind: 'bandwidth', bytesPerSecond: 10_000 }] })
  const started = performance.now()
  await sent('x'.repeat(2_000))
  expect(performance.now() - started).toBeGreaterThanOrEqual(140)
})

test('a timeout swallows bytes, and its end resets the connection that lost them', async () => {
  const { socket, received, ended } = await sent('before')
  proxy.set({ toServer: [{ kind: 'timeout' }] })
  socket.write('lost')
  await sleep(50)
  expect(received()).toBe('before')
  expect(Buffer.concat(arrived).toString()).toBe('before')
  const spared = client()
  proxy.set()
  expect(await ended).toBe('ECONNRESET')
  spared.socket.write('after')
  await expect.poll(spared.received).toBe('after')
})

test('a reset comes after so many bytes', async () => {
  proxy.set({ toServer: [{ kind: 'reset', afterBytes: 4 }] })
  const { socket, ended } = client()
  socket.write('12345678')
  expect(await ended).toBe('ECONNRESET')
  await expect.poll(() => Buffer.concat(arrived).length).toBeLessThanOrEqual(4)
  await expect.poll(proxy.connections).toBe(0)
})

test('all open connections can be reset at once', async () => {
  const clients = [await sent('a'), await sent('b')]
  proxy.reset()
  expect(await Promise.all(clients.map(({ ended }) => ended))).toEqual(['ECONNRESET', 'ECONNRESET'])
  await sent('c')
  expect(proxy.accepted()).toBe(3)
})

test('a slicer keeps the bytes in order, in small pieces', async () => {
  proxy.set({
    toServer: [
      { kind: 'slicer', bytes: 5 },
      { kind: 'latency', ms: 1 },
    ],
  })
  await sent('the quick brown fox jumps over the lazy dog')
  expect(arrived.length).toBeGreaterThan(1)
})

test('a limit lets so many bytes through and closes in order', async () => {
  proxy.set({ toClient: [{ kind: 'limit', bytes: 10 }] })
  const { socket, received, ended } = client()
  socket.write('0123456789abcdef')
  expect(await ended).toBe('end')
  expect(received()).toBe('0123456789')
})

test('down refuses, up takes connections at the same port', async () => {
  const before = await sent('before')
  await proxy.down()
  expect(await before.ended).toBe('ECONNRESET')
  expect(await client().ended).toBe('ECONNREFUSED')
  await proxy.up()
  await sent('after')
})

test('a server that refuses resets the client', async () => {
  await new Promise((resolve) => echo.close(resolve))
  expect(await client().ended).toBe('ECONNRESET')
})
