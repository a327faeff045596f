import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../core/errors.ts'
import { problemLine, type Problem } from '../core/problems.ts'

export interface ServiceAddress {
  readonly url: string
  readonly key?: string
  /** How long a service that is busy or away is asked again, ms. */
  readonly patienceMs: number
}

interface ServiceRequest {
  readonly path: string
  readonly method?: 'GET' | 'POST' | 'PUT'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** Of one request, answer included, ms. */
const timeoutMs = 60_000
const busyStatuses: readonly number[] = [429, 502, 503, 504]

/**
 * Asks a running service, and again while it is busy (as Retry-After says) or does not answer. Answers
 * the JSON of a success; any other answer is thrown as the error it names.
 */
export async function askService(
  address: ServiceAddress,
  request: ServiceRequest,
): Promise<unknown> {
  const url = serviceUrl(address.url, request.path)
  const giveUpAt = performance.now() + address.patienceMs
  for (let attempt = 1; ; attempt++) {
    const answer = await ask(url, address, request)
    const pause = answer.retryAfterMs ?? Math.min(200 * 2 ** (attempt - 1), 5_000)
    if (!answer.again || performance.now() + pause > giveUpAt) return outcome(answer)
    await sleep(pause)
  }
}

/** The address of a path below what `--url` says. */
export function serviceUrl(base: string, path: string): URL {
  if (!URL.canParse(base) || !/^https?:$/.test(new URL(base).protocol)) {
    throw new AppError('REQUEST_INVALID', `--url: "${base}" is no http or https URL`)
  }
  return new URL(path, base.endsWith('/') ? base : `${base}/`)
}

interface Answer {
  readonly again: boolean
  readonly retryAfterMs: number | null
  readonly body: string
  readonly failure: AppError | null
}

async function ask(url: URL, { key }: ServiceAddress, request: ServiceRequest): Promise<Answer> {
  const authorization = key === undefined ? {} : { authorization: `Bearer ${key}` }
  try {
    const response = await fetch(url, {
      method: request.method ?? 'GET',
      headers: { accept: 'application/json', ...authorization, ...request.headers },
      body: request.body ?? null,
      signal: AbortSignal.timeout(timeoutMs),
    })
    const body = await response.text()
    const seconds = Number(response.headers.get('retry-after') ?? NaN)
    return {
      again: busyStatuses.includes(response.status),
      retryAfterMs: seconds >= 0 ? seconds * 1000 : null,
      body,
      failure: response.ok ? null : refusal(response.status, body),
    }
  } catch (cause) {
    // Of a fetch, these two alone are the network's.
    const late = cause instanceof DOMException && cause.name === 'TimeoutError'
    if (!late && !(cause instanceof TypeError)) throw cause
    const failure = new AppError('SERVICE_UNREACHABLE', `no service answers at ${url.origin}`, {
      cause,
    })
    return { again: true, retryAfterMs: null, body: '', failure }
  }
}

function outcome({ body, failure }: Answer): unknown {
  if (failure !== null) throw failure
  return JSON.parse(body) as unknown
}

function refusal(status: number, body: string): AppError {
  const { code = '', message = '', details } = errorBody(body)
  const told = `${code === '' ? '' : ` ${code}`}${message === '' ? '' : `: ${message}`}`
  const problems = (details?.problems ?? []).map((problem) => `\n  ${problemLine(problem)}`)
  return new AppError(
    'SERVICE_REFUSED',
    `the service answered ${status}${told}${problems.join('')}`,
    { details: { status, code } },
  )
}

interface ErrorBody {
  readonly code?: string
  readonly message?: string
  readonly details?: { readonly problems?: readonly Problem[] }
}

function errorBody(body: string): ErrorBody {
  try {
    const value = JSON.parse(body) as unknown
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return {}
  }
}
