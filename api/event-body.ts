import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { AppError } from '../core/errors.ts'
import type { ApiOptions } from './ports.ts'

const inflate = promisify(gunzip)

/** Bodies inflated at once: each may take the whole inflate limit before it is known to be too big. */
const maxInflating = 2

const mediaTypes = [
  'application/x-ndjson',
  'application/ndjson',
  'application/jsonl',
  'application/json',
  'application/cloudevents+json',
  'application/cloudevents-batch+json',
  'application/x-protobuf',
  'application/octet-stream',
  'text/plain',
]

type Limits = Pick<ApiOptions, 'bodyLimitBytes' | 'inflateLimitBytes' | 'bodiesLimitBytes'>

/**
 * Event bodies reach their route as bytes. Room is taken before a byte is read and given back when
 * the answer is out, so that any number of callers together hold no more than `bodiesLimitBytes`;
 * beyond it callers are told to come back.
 */
export function addEventBodies(app: FastifyInstance, limits: Limits): void {
  const room = new Room(limits.bodiesLimitBytes)
  const inflating = new Gate(maxInflating)

  app.addHook('preParsing', async (request, reply) => {
    const encoding = contentEncoding(request)
    if (encoding !== 'identity' && encoding !== 'gzip') {
      throw new AppError(
        'ENCODING_UNSUPPORTED',
        `content-encoding "${encoding}" is not taken; gzip and identity are`,
      )
    }
    const declared = Number(request.headers['content-length'] ?? limits.bodyLimitBytes)
    // What is too large by its own account is refused by the parser, with 413.
    hold(room, Math.min(declared, limits.bodyLimitBytes), reply)
  })

  app.removeAllContentTypeParsers()
  const asBytes = { parseAs: 'buffer', bodyLimit: limits.bodyLimitBytes } as const
  const read = async (request: FastifyRequest, body: Buffer): Promise<Buffer> =>
    contentEncoding(request) === 'gzip'
      ? inflating.run(() => inflated(body, limits.inflateLimitBytes))
      : body
  app.addContentTypeParser(mediaTypes, asBytes, read)
  // The media type of a CloudEvent in binary mode is that of its data: an inference logger passes on
  // what its client said, be it a form (curl -d) or nothing at all.
  app.addContentTypeParser('*', asBytes, async (request: FastifyRequest, body: Buffer) => {
    if (request.headers['ce-specversion'] !== undefined) return read(request, body)
    throw new AppError('ENCODING_UNSUPPORTED', 'the media type of the body is not taken', {
      details: { taken: mediaTypes },
    })
  })
  // Only here the size of what was inflated is known.
  app.addHook('preHandler', async (request, reply) => {
    if (contentEncoding(request) === 'gzip' && Buffer.isBuffer(request.body))
      hold(room, request.body.length, reply)
  })
}

const contentEncoding = (request: FastifyRequest): string =>
  (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase()

async function inflated(body: Buffer, limitBytes: number): Promise<Buffer> {
  try {
    return await inflate(body, { maxOutputLength: limitBytes })
  } catch (cause) {
    throw (cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
      ? new AppError('PAYLOAD_TOO_LARGE', `the body holds more than ${limitBytes} bytes`, { cause })
      : new AppError('REQUEST_INVALID', 'the body is no valid gzip', { cause })
  }
}

function hold(room: Room, bytes: number, reply: FastifyReply): void {
  if (!room.take(bytes)) {
    throw new AppError('INGEST_OVERLOADED', 'too many events are on their way in; try again')
  }
  let held = true
  const giveBack = (): void => {
    if (held) room.give(bytes)
    held = false
  }
  // 'close' alone would do on a socket, but not where a response is only simulated.
  reply.raw.once('finish', giveBack).once('close', giveBack)
}

class Room {
  #free: number

  constructor(bytes: number) {
    this.#free = bytes
  }

  take(bytes: number): boolean {
    if (bytes > this.#free) return false
    this.#free -= bytes
    return true
  }

  give(bytes: number): void {
    this.#free += bytes
  }
}

/** Lets `places` run at a time, the others in the order they came. */
class Gate {
  #free: number
  readonly #waiting: (() => void)[] = []

  constructor(places: number) {
    this.#free = places
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free === 0) await new Promise<void>((enter) => this.#waiting.push(enter))
    else this.#free -= 1
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#free += 1
      else next()
    }
  }
}
