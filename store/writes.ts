import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { resolve } from 'node:path'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { parseError, type ClickHouseClient } from '@clickhouse/client'
import type { ArrowInsert, FileLoad } from './client.ts'
import { identifier, settingsClause } from './query.ts'
import { openSpool } from './spool.ts'

/** Bulk writes on one client; each resolves once the engine has acknowledged. */
export interface Writes {
  arrow: (client: ClickHouseClient, insert: ArrowInsert, signal: AbortSignal) => Promise<void>
  file: (client: ClickHouseClient, load: FileLoad, signal: AbortSignal) => Promise<void>
  close: () => Promise<void>
}

// Nothing hangs on deduplication tokens (docs/guarantees.md), and an answer means durable.
const insertSettings = {
  async_insert: 0,
  insert_deduplicate: 0,
  // Rows of one key that arrive together are told apart by every exact read (FINAL) and by merges; to
  // replace them before the part is written as well costs three quarters of an insert.
  optimize_on_insert: 0,
  max_partitions_per_insert_block: 0,
  input_format_null_as_default: 0,
} as const

const insertInto = (table: string, columns: readonly string[]): string =>
  `INSERT INTO ${identifier(table)} (${columnList(columns)})`

const columnList = (columns: readonly string[]): string => columns.map(identifier).join(', ')

const quoted = (value: string): string => `'${value.replaceAll("'", "''")}'`

const settings = settingsClause(insertSettings)

/**
 * Writes of the embedded engine. Its connection turns binary bodies into UTF-8, so bytes go through
 * files of a spool under `directory`.
 */
export async function spooledWrites(directory: string): Promise<Writes> {
  const spool = await openSpool(directory)
  return {
    arrow: (client, { table, columns, arrow }, signal) =>
      spool.lend(arrow, async (path) => {
        await client.command({
          query: `${insertInto(table, columns)} SELECT ${columnList(columns)} FROM file({path:String}, 'ArrowStream') ${settings}`,
          query_params: { path },
          abort_signal: signal,
        })
      }),
    file: async (client, load, signal) => {
      await client.command({
        query: `${insertInto(load.table, load.columns)} SELECT ${load.select.join(', ')} FROM file({path:String}, '${load.format}', ${quoted(load.structure)}) ${settings}`,
        query_params: { path: resolve(load.file) },
        abort_signal: signal,
      })
    },
    close: () => spool.close(),
  }
}

/** Writes of a server: bytes go as the body of the INSERT. */
export function streamedWrites(): Writes {
  const stream = async (
    client: ClickHouseClient,
    query: string,
    values: Readable,
    signal: AbortSignal,
  ): Promise<void> => {
    const send = async (): Promise<void> => {
      const { stream: answer } = await client.exec({ query, values, abort_signal: signal })
      // An INSERT that went well answers nothing: a body is an error that came after the headers.
      const body = await text(answer)
      if (body.trim() !== '') throw parseError(body)
    }
    // The client does not listen to its source: unheard, a failing read would end the process.
    const broken = once(values, 'error').then(([error]: unknown[]) => {
      throw error
    })
    await Promise.race([send(), broken])
  }
  return {
    arrow: (client, { table, columns, arrow }, signal) =>
      stream(
        client,
        `${insertInto(table, columns)} ${settings} FORMAT ArrowStream`,
        Readable.from(arrow, { objectMode: false }),
        signal,
      ),
    file: (client, load, signal) =>
      stream(
        client,
        `${insertInto(load.table, load.columns)} SELECT ${load.select.join(', ')} FROM input(${quoted(load.structure)}) ${settings} FORMAT ${load.format}`,
        createReadStream(load.file),
        signal,
      ),
    close: async () => undefined,
  }
}
