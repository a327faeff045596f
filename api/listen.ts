import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { AppError } from '../core/errors.ts'
import { isLoopbackHost } from '../core/loopback.ts'
import type { ApiKeys } from './ports.ts'

export interface Listener {
  /** Where it listens: http://127.0.0.1:8080. */
  readonly url: string
  /**
   * Takes no new request and lets those in flight finish, for at most `graceMs`; then their
   * connections are cut. Whoever was cut off got no acknowledgement and sends again.
   */
  readonly close: (graceMs: number) => Promise<void>
}

/**
 * Opens the socket. Without any API key everything is open, so then only a loopback address will do:
 * another one is CONFIG_INVALID.
 */
export async function listen(
  app: FastifyInstance,
  { host, port, keys }: { host: string; port: number; keys: Pick<ApiKeys, 'any'> },
): Promise<Listener> {
  if (!isLoopbackHost(host) && !(await keys.any())) {
    throw new AppError(
      'CONFIG_INVALID',
      `server.host ${host} is reachable from elsewhere, and there is no API key: make one with \`tidegauge keys create\`, or listen on 127.0.0.1`,
      { details: { host } },
    )
  }
  const inFlight = new Set<ServerResponse>()
  app.server.on('request', (_request, response) => {
    inFlight.add(response)
    response.once('close', () => inFlight.delete(response))
  })
  const url = await app.listen({ host, port })
  return { url, close: (graceMs) => closeWithin(app, inFlight, graceMs) }
}

async function closeWithin(
  app: FastifyInstance,
  inFlight: ReadonlySet<ServerResponse>,
  graceMs: number,
): Promise<void> {
  // A connection that was kept for the next request would be waited for until the grace is over.
  for (const response of inFlight)
    if (!response.headersSent) response.setHeader('connection', 'close')
  const done = new AbortController()
  const cut = sleep(graceMs, undefined, { signal: done.signal, ref: false }).then(
    () => {
      app.server.closeAllConnections()
    },
    () => undefined,
  )
  await app.close()
  done.abort()
  await cut
}
