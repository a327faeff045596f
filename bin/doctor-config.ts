import type { Config } from '../core/config.ts'
import { isLoopbackHost } from '../core/loopback.ts'
import { ok, skip, warn, fail, type Finding } from './doctor-finding.ts'

/** What the configuration declares and nothing uses. */
export function configFindings(config: Config): Finding[] {
  return [...unusedClusters(config), ...unusedRegistries(config)]
}

function unusedClusters({ kafka, monitor }: Config): Finding[] {
  const used = new Set([
    ...kafka.sources.map(({ cluster }) => cluster),
    kafka.deadLetters?.cluster,
    monitor.control?.cluster,
  ])
  return Object.keys(kafka.clusters)
    .filter((name) => !used.has(name))
    .map((name) =>
      warn(
        `kafka ${name}`,
        'declared, and nothing is read from it or written to it',
        'name it in kafka.sources, or take it out',
      ),
    )
}

function unusedRegistries({ registries, decodings }: Config): Finding[] {
  const used = new Set(Object.values(decodings).map(({ registry }) => registry))
  return Object.keys(registries)
    .filter((name) => !used.has(name))
    .map((name) =>
      warn(
        `registry ${name}`,
        'declared, and no decoding names it',
        'name it in a decoding of format confluent, or take it out',
      ),
    )
}

/**
 * Who may call. `storedKeys`: keys in the store that are neither revoked nor expired; null where the
 * store could not be asked.
 */
export function accessFindings(config: Config, storedKeys: number | null): Finding[] {
  const { host } = config.server
  const configured = config.auth.keys.length
  const keys = configured + (storedKeys ?? 0)
  if (keys > 0) return [ok('access', keys === 1 ? '1 API key' : `${keys} API keys`)]
  if (isLoopbackHost(host) && !config.auth.required)
    return [ok('access', 'no API key, and only this machine can call')]
  if (storedKeys === null)
    return [skip('access', 'no API key in the configuration; those of the store were not counted')]
  return [
    fail(
      'access',
      isLoopbackHost(host)
        ? 'auth.required is set, and there is no API key: nobody may call'
        : `server.host ${host} is reachable from elsewhere, and there is no API key: the service refuses to start`,
      'tidegauge keys create --name <who> --scope admin',
    ),
  ]
}
