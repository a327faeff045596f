import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { seeded, type Seeded } from './seeded.ts'

/** What happens to the bytes of one direction; counts are per connection, from when the toxic is set. */
export type Toxic =
  /** Every byte arrives so much later (plus up to `jitterMs`), at full bandwidth. */
  | { readonly kind: 'latency'; readonly ms: number; readonly jitterMs?: number }
  | { readonly kind: 'bandwidth'; readonly bytesPerSecond: number }
  /** Swallows what is sent and its end; connections that lost bytes are reset when it is taken away. */
  | { readonly kind: 'timeout' }
  /** Resets the connection once so many bytes have passed. Default 0: at the next byte. */
  | { readonly kind: 'reset'; readonly afterBytes?: number }
  /** Passes on pieces of 1 to `bytes` bytes, a millisecond apart. */
  | { readonly kind: 'slicer'; readonly bytes: number }
  /** Closes the connection in order once so many bytes have passed. */
  | { readonly kind: 'limit'; readonly bytes: number }

export interface Toxics {
  readonly toClient?: readonly Toxic[]
  readonly toServer?: readonly Toxic[]
}

export interface TcpProxy {
  readonly port: number
  /** Open connections. */
  readonly connections: () => number
  /** Connections taken so far. */
  readonly accepted: () => number
  /** Replaces the toxics, on open connections too; none without an argument. */
  set: (toxics?: Toxics) => void
  /** Sends RST on both sides of every open connection. */
  reset: () => void
  /** Resets what is open and refuses what comes, until `up`. */
  down: () => Promise<void>
  up: () => Promise<void>
  close: () => Promise<void>
}

export interface TcpProxyOptions {
  readonly to: { readonly port: number; readonly host?: string }
  /** 0, the default: any free one. */
  readonly port?: number
  /** Of jitter and slices. */
  readonly seed?: number
}

interface Link {
  readonly client: Socket
  readonly server: Socket
  swallowed: boolean
}

/** A TCP proxy on loopback that spoils connections on demand. */
export async function startTcpProxy({ to, port, seed = 1 }: TcpProxyOptions): Promise<TcpProxy> {
  const random = seeded(seed)
  const links = new Set<Link>()
  let toxics: Toxics = {}
  let accepted = 0
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    accepted += 1
    const target = { host: '127.0.0.1', ...to, allowHalfOpen: true, noDelay: true }
    const link: Link = { client, server: connect(target), swallowed: false }
    links.add(link)
    client.once('close', () => links.delete(link))
    flow({ link, from: client, into: link.server, random, toxics: () => toxics.toServer ?? [] })
    flow({ link, from: link.server, into: client, random, toxics: () => toxics.toClient ?? [] })
  })
  await listen(server, port ?? 0)
  const address = server.address() as AddressInfo
  const reset = (): void => {
    links.forEach(cut)
  }
  const down = async (): Promise<void> => {
    if (!server.listening) return
    const closed = once(server, 'close')
    server.close()
    reset()
    await closed
  }
  return {
    port: address.port,
    connections: () => links.size,
    accepted: () => accepted,
    set: (next = {}) => {
      toxics = next
      for (const link of links) if (link.swallowed) cut(link)
    },
    reset,
    down,
    up: async () => {
      if (!server.listening) await listen(server, address.port)
    },
    close: down,
  }
}

async function listen(server: Server, port: number): Promise<void> {
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
}

function cut({ client, server }: Link): void {
  client.resetAndDestroy()
  server.resetAndDestroy()
}

interface Flow {
  readonly link: Link
  readonly from: Socket
  readonly into: Socket
  readonly random: Seeded
  readonly toxics: () => readonly Toxic[]
}

// So much may wait in the proxy for one direction, as in the buffers of a long line.
const maxWaitingBytes = 4 << 20

function flow(direction: Flow): void {
  const { link, from, into, toxics } = direction
  const passed = new Map<Toxic, number>()
  let waiting = 0
  let last: Promise<void> = Promise.resolve()
  // Reading goes on while earlier bytes are late: latency must not cost bandwidth.
  const enqueue = (act: () => Promise<void>): void => {
    const due = Date.now() + latency(direction)
    last = last.then(async () => {
      if (due > Date.now()) await sleep(due - Date.now())
      if (!into.destroyed) await act()
    })
  }
  from.on('data', (chunk: Buffer) => {
    waiting += chunk.length
    if (waiting > maxWaitingBytes) from.pause()
    enqueue(async () => {
      await pass(direction, chunk, passed)
      waiting -= chunk.length
      from.resume()
    })
  })
  from.on('end', () => {
    enqueue(async () => {
      if (toxics().some(({ kind }) => kind === 'timeout')) link.swallowed = true
      else into.end()
    })
  })
  from.on('error', () => {
    cut(link)
  })
}

function latency({ toxics, random }: Flow): number {
  let total = 0
  for (const toxic of toxics())
    if (toxic.kind === 'latency') total += toxic.ms + (toxic.jitterMs ?? 0) * random.next()
  return total
}

async function pass(direction: Flow, chunk: Buffer, passed: Map<Toxic, number>): Promise<void> {
  const { link, into, toxics, random } = direction
  let rest = chunk
  while (rest.length > 0 && !into.destroyed) {
    const now = toxics()
    if (now.some(({ kind }) => kind === 'timeout')) {
      link.swallowed = true
      return
    }
    const piece = rest.subarray(0, pieceSize(now, passed, random))
    if (piece.length > 0) await write(into, piece)
    for (const toxic of now) {
      passed.set(toxic, (passed.get(toxic) ?? 0) + piece.length)
      // Without a pause the kernel would put the pieces together again.
      if (toxic.kind === 'slicer') await sleep(1)
      if (toxic.kind === 'bandwidth') await sleep((piece.length / toxic.bytesPerSecond) * 1000)
    }
    if (ended(direction, now, passed)) return
    rest = rest.subarray(piece.length)
  }
}

/** How many bytes may go before a toxic has its say. */
function pieceSize(
  toxics: readonly Toxic[],
  passed: ReadonlyMap<Toxic, number>,
  random: Seeded,
): number {
  let size = Infinity
  for (const toxic of toxics) {
    const left = (limit: number): number => limit - (passed.get(toxic) ?? 0)
    if (toxic.kind === 'slicer') size = Math.min(size, random.int(1, toxic.bytes))
    // Twenty times a second: smooth enough for whatever has a deadline.
    if (toxic.kind === 'bandwidth') size = Math.min(size, Math.ceil(toxic.bytesPerSecond / 20))
    if (toxic.kind === 'limit') size = Math.min(size, left(toxic.bytes))
    if (toxic.kind === 'reset') size = Math.min(size, left(toxic.afterBytes ?? 0))
  }
  return size
}

/** Ends the connection when its bytes are used up. */
function ended(
  { link, from, into }: Flow,
  toxics: readonly Toxic[],
  passed: ReadonlyMap<Toxic, number>,
): boolean {
  for (const toxic of toxics) {
    const bytes = passed.get(toxic) ?? 0
    if (toxic.kind === 'reset' && bytes >= (toxic.afterBytes ?? 0)) cut(link)
    else if (toxic.kind === 'limit' && bytes >= toxic.bytes) {
      into.end()
      from.destroy()
    } else continue
    return true
  }
  return false
}

async function write(into: Socket, piece: Buffer): Promise<void> {
  // A socket that closes meanwhile never drains, but the write is answered, with an error.
  await new Promise<void>((resolve) =>
    into.write(piece, () => {
      resolve()
    }),
  )
}
