import type { Config } from '../core/config.ts'
import { fail, ok, skip, type Finding } from './doctor-finding.ts'

interface Readiness {
  readonly ready: boolean
  readonly checks: Readonly<Record<string, { readonly ok: boolean; readonly detail: string }>>
}

const timeoutMs = 3_000

/** What the service says of itself, if one listens where the configuration says. */
export async function serviceFindings({ server }: Config): Promise<Finding[]> {
  // An address that stands for all of them is none to call.
  const host = ['0.0.0.0', '::'].includes(server.host) ? '127.0.0.1' : server.host
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${server.port}`
  const silent = skip('service', `none answers at ${url}`)
  if (server.port === 0) return [silent]
  try {
    const answer = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(timeoutMs) })
    const { ready, checks } = (await answer.json()) as Readiness
    if (ready) return [ok('service', `${url} is ready`)]
    return Object.entries(checks)
      .filter(([, check]) => !check.ok)
      .map(([name, { detail }]) =>
        fail('service', `${url} is not ready: ${name}: ${detail}`, 'docs/runbook.md'),
      )
  } catch {
    // Nobody, somebody else, or somebody who does not answer in time: none of it is this service.
    return [silent]
  }
}
