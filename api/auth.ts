import type { FastifyInstance, FastifyRequest } from 'fastify'
import { AppError } from '../core/errors.ts'
import { isLoopbackHost } from '../core/loopback.ts'
import type { Scope } from '../core/names.ts'
import { isKeyValid, keyId } from './api-keys.ts'
import type { ApiKeys } from './ports.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What a key must be allowed to do here; `public` needs no key. */
    scope?: Scope | 'public'
    /** Answers about all models at once: closed to keys that are bound to some. */
    spansModels?: boolean
  }
}

/** Who asks. */
export interface Principal {
  /** The key's id; `anonymous` where no key was ever made. */
  readonly actor: string
  readonly scopes: readonly Scope[]
  /** Models that the key is bound to; null for all. */
  readonly models: readonly string[] | null
}

const anonymous: Principal = { actor: 'anonymous', scopes: ['admin'], models: null }

const identities = new WeakMap<FastifyRequest, Principal | AppError>()

/** Who asks; the request has passed `authorize`. */
export function principalOf(request: FastifyRequest): Principal {
  const identity = identities.get(request)
  if (identity === undefined || identity instanceof AppError) {
    throw new TypeError('principalOf requires a request that has been authorized')
  }
  return identity
}

/** What requests are counted by: a key that has proved itself, else the address. */
export function rateKey(request: FastifyRequest): string {
  const identity = identities.get(request)
  if (identity === undefined || identity instanceof AppError || identity === anonymous)
    return `ip:${request.ip}`
  return `key:${identity.actor}`
}

/**
 * Finds out who asks before requests are counted, and refuses only afterwards (before the body is
 * read): guesses count against the guesser's address, and nobody can use up another's allowance.
 */
export function addAuthentication(
  app: FastifyInstance,
  { keys, clock }: { keys: ApiKeys; clock: { now: () => number } },
): void {
  app.addHook('onRequest', async (request) => {
    if (isPublic(request)) return
    identities.set(request, await identify(request, keys, clock.now()))
  })
  app.addHook('preParsing', async (request) => {
    if (!isPublic(request)) authorize(request)
  })
}

const isPublic = (request: FastifyRequest): boolean =>
  !request.is404 && request.routeOptions.config.scope === 'public'

async function identify(
  request: FastifyRequest,
  keys: ApiKeys,
  now: number,
): Promise<Principal | AppError> {
  if (!(await keys.any())) return openIdentity(request)
  const key = presentedKey(request)
  const id = key === null ? null : keyId(key)
  if (key === null || id === null) return unauthenticated()
  const stored = await keys.find(id)
  if (stored === undefined || !isKeyValid(key, stored, now)) {
    // The same work and the same words for a key that never was, was revoked or has expired.
    if (stored === undefined) isKeyValid(key, undefined, now)
    return unauthenticated()
  }
  return { actor: stored.id, scopes: stored.scopes, models: stored.models }
}

/**
 * Some cannot send a bearer token: a browser that opens a page, an inference logger that knows a URL
 * and no more. They may give the key as the password of HTTP Basic. A browser sends that by itself,
 * though, so what comes from one may read with it and change nothing.
 */
function presentedKey(request: FastifyRequest): string | null {
  const [scheme = '', value = ''] = (request.headers.authorization ?? '').split(' ', 2)
  if (scheme.toLowerCase() === 'bearer') return value
  if (scheme.toLowerCase() !== 'basic') return null
  if (!isRead(request) && isFromBrowser(request)) return null
  const credentials = Buffer.from(value, 'base64').toString('utf8')
  return credentials.slice(credentials.indexOf(':') + 1)
}

const isFromBrowser = ({ headers }: FastifyRequest): boolean =>
  headers.origin !== undefined || headers['sec-fetch-site'] !== undefined

/**
 * Without keys the API is open on the loopback address, to programs of this machine: not to web
 * pages, which may reach it through a rebound name or a form that posts to it.
 */
function openIdentity(request: FastifyRequest): Principal | AppError {
  const host = request.headers.host ?? 'localhost'
  const origin = request.headers.origin
  const foreign =
    origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`
  if (!foreign && isLoopbackHost(hostName(host))) return anonymous
  return new AppError(
    'FORBIDDEN',
    'without API keys only programs on this machine are answered, under a loopback name; create a key with `tidegauge keys create`',
  )
}

const hostName = (host: string): string => host.replace(/:\d+$/, '')

function authorize(request: FastifyRequest): void {
  const identity = identities.get(request)
  if (identity === undefined || identity instanceof AppError) throw identity ?? unauthenticated()
  if (request.is404) return
  const { scope = isRead(request) ? 'read' : 'admin', spansModels = false } =
    request.routeOptions.config
  if (!identity.scopes.some((held) => held === 'admin' || held === scope)) {
    throw forbidden(`this key lacks the scope "${scope}"`)
  }
  if (identity.models !== null) confine(identity.models, namedModels(request), spansModels)
}

/** The same answer whether or not the model exists. */
function confine(bound: readonly string[], named: readonly string[], spansModels: boolean): void {
  if (spansModels) throw forbidden('this key is bound to models, the answer is about all of them')
  const foreign = named.find((model) => !bound.includes(model))
  if (foreign !== undefined) throw forbidden(`this key is not bound to model "${foreign}"`)
}

const isRead = (request: FastifyRequest): boolean => ['GET', 'HEAD'].includes(request.method)

function namedModels(request: FastifyRequest): string[] {
  const { model: inPath } = (request.params ?? {}) as { model?: string }
  const { model: inQuery } = (request.query ?? {}) as { model?: string | string[] }
  return [inPath, inQuery].flat().filter((model) => model !== undefined)
}

const unauthenticated = (): AppError =>
  new AppError('UNAUTHENTICATED', 'send a valid API key as `Authorization: Bearer tgk_…`')

const forbidden = (message: string): AppError => new AppError('FORBIDDEN', message)
