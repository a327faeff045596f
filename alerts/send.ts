import { request, type Dispatcher } from 'undici'
import { AppError } from '../core/errors.ts'
import { redactUrl, type Egress } from './egress.ts'
import type { TargetRequest } from './target.ts'

/** What came back: the status line decides, the body is for the reader of the history. */
export interface Answer {
  readonly status: number
  /** As the receiver wrote it: seconds or a date; null without the header. */
  readonly retryAfter: string | null
  /** The beginning of the body. */
  readonly body: string
}

const maxReadBytes = 64_000
const keptChars = 2_000

/**
 * One HTTP request within one deadline, redirects not followed. Once a status has come, whatever
 * the body does (drip, hang, never end) is the receiver's matter: it is read up to 64 kB or the
 * deadline and then dropped. Throws WEBHOOK_BLOCKED for a target that must not be called and
 * WEBHOOK_UNREACHABLE where no status came.
 */
export async function send(
  egress: Egress,
  target: TargetRequest,
  timeoutMs: number,
): Promise<Answer> {
  const url = egress.check(target.url)
  const dispatcher = egress.agent(timeoutMs)
  const signal = AbortSignal.timeout(timeoutMs)
  try {
    const { method, headers, body } = target
    const answer = await request(url, { method, headers, body, dispatcher, signal })
    return {
      status: answer.statusCode,
      retryAfter: oneHeader(answer.headers['retry-after']),
      body: await beginning(answer.body),
    }
  } catch (error) {
    throw unreachable(target.url, error)
  } finally {
    // Not `close`: it would wait for a body that may never end.
    await dispatcher.destroy()
  }
}

async function beginning(body: Dispatcher.ResponseData['body']): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      chunks.push(chunk)
      bytes += chunk.length
      if (bytes >= maxReadBytes) break
    }
  } catch {
    // The answer was the status; a body that breaks off or outlasts the deadline takes nothing back.
  }
  return Buffer.concat(chunks).subarray(0, maxReadBytes).toString('utf8').slice(0, keptChars)
}

const oneHeader = (value: string | string[] | undefined): string | null =>
  (Array.isArray(value) ? value[0] : value) ?? null

/** An AppError of the address check comes through the socket unchanged; the rest is the network's. */
function unreachable(url: string, error: unknown): AppError {
  if (error instanceof AppError) return error
  const reason = error instanceof Error ? reasonOf(error) : 'unknown'
  return new AppError('WEBHOOK_UNREACHABLE', `no answer from ${redactUrl(url)}: ${reason}`, {
    cause: error,
    details: { reason },
  })
}

/** A short name for the history: ECONNREFUSED, UND_ERR_HEADERS_TIMEOUT, TimeoutError … */
function reasonOf(error: Error): string {
  const { code } = error as Error & { code?: unknown }
  return typeof code === 'string' ? code : error.name
}
