import { Option, type Command } from 'commander'
import type { Scope } from '../core/names.ts'
import type { ServiceAddress } from './service-request.ts'

/** What every command that asks a running service is told. */
export interface ServiceOptions {
  readonly url: string
  readonly key?: string
  readonly format: 'table' | 'json'
}

/** Long enough for a service that is busy, short enough for somebody who mistyped the port, ms. */
const patienceMs = 3_000

/** Adds the options of ServiceOptions. `scope` is what the key must allow. */
export function withServiceOptions(command: Command, scope: Scope): Command {
  return command
    .option('--url <url>', 'where the service listens', 'http://127.0.0.1:8080')
    .addOption(
      new Option('--key <key>', `API key with scope ${scope}; better given by the variable`).env(
        'TIDEGAUGE_API_KEY',
      ),
    )
    .addOption(
      new Option('--format <format>', 'how to print').choices(['table', 'json']).default('table'),
    )
}

export function serviceAddress({ url, key }: ServiceOptions): ServiceAddress {
  return { url, patienceMs, ...(key === undefined ? {} : { key }) }
}
