import type { drainPending, Session } from 'chdb'
import type { createChdbConnection } from 'chdb/connection'
import { AppError } from '../core/errors.ts'

/** What of package chdb a store needs. */
export interface EmbeddedEngine {
  readonly createChdbConnection: typeof createChdbConnection
  readonly drainPending: typeof drainPending
  readonly Session: typeof Session
}

/**
 * Loads the embedded engine. Only here and only when it is wanted: its library has half a gigabyte, which
 * a process that talks to a server neither reads nor needs installed. Without it CONFIG_INVALID.
 */
export async function loadEngine(): Promise<EmbeddedEngine> {
  try {
    const { drainPending, Session } = await import('chdb')
    const { createChdbConnection } = await import('chdb/connection')
    return { createChdbConnection, drainPending, Session }
  } catch (cause) {
    throw new AppError(
      'CONFIG_INVALID',
      'the embedded ClickHouse cannot be loaded here (an image without it, or a system it is not built for): set store.url to the address of a server',
      { cause },
    )
  }
}
