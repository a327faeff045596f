import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config } from '../core/config.ts'
import { AppError } from '../core/errors.ts'
import { openStore, type Store } from '../store/client.ts'
import { migrate } from '../store/migrate.ts'
import { storeOptions } from './start.ts'

/**
 * The store of a configuration, its schema up to date, for a command beside the service; the command
 * closes it. Where a running service has the data directory, the error says so and what to do instead.
 */
export async function openConfiguredStore(
  config: Config,
  instead = `ask the service with --url ${serviceUrl(config)}`,
): Promise<Store> {
  const store = await openStore(storeOptions(config)).catch(async (error: unknown) => {
    throw (await isTaken(config, error)) ? takenDirectory(config, instead, error) : error
  })
  try {
    await migrate(store)
    return store
  } catch (error) {
    await store.close()
    throw error
  }
}

/** The engine says only that it cannot open its directory: where it could be written, somebody has it. */
export async function isTaken({ store }: Config, error: unknown): Promise<boolean> {
  if (store.url !== undefined || !(error instanceof AppError)) return false
  if (error.code !== 'STORE_UNAVAILABLE') return false
  const status = join(store.path, 'clickhouse', 'status')
  return access(status, constants.W_OK).then(
    () => true,
    () => false,
  )
}

function takenDirectory({ store }: Config, instead: string, cause: unknown): AppError {
  return new AppError(
    'STORE_UNAVAILABLE',
    `the data directory ${store.path} is in use by another process, most likely the running service: ${instead}, or stop it first`,
    { cause },
  )
}

const serviceUrl = ({ server: { host, port } }: Config): string =>
  `http://${host.includes(':') ? `[${host}]` : host}:${port}`
