import { createReadStream } from 'node:fs'
import { mkdir, open, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { ClickHouseError, createClient, type ClickHouseClient } from '@clickhouse/client'
import { createChdbConnection } from 'chdb/connection'
import { AppError } from '../core/errors.ts'
import { createDatabase } from './ddl.ts'
import { identifier, settingsClause, type Query, type Statement } from './query.ts'

export interface StoreOptions {
  /** A directory for the embedded engine, or the URL of a server. */
  readonly path?: string
  readonly url?: string
  readonly username?: string
  readonly password?: string
  readonly database: string
  /** The cluster's name on the server: tables become replicated and distributed. */
  readonly cluster?: string
  /** Deadline of one request, ms. */
  readonly timeoutMs?: number
}

/** One insert of columns: an Arrow IPC stream, in pieces. */
export interface ArrowInsert {
  readonly table: string
  readonly columns: readonly string[]
  readonly arrow: readonly Uint8Array[]
}

/**
 * The one door to ClickHouse, embedded or served. Answers come only after the engine has
 * acknowledged; failures are AppErrors whose `retryable` says whether the same call may succeed later.
 */
export interface Store {
  readonly database: string
  readonly embedded: boolean
  readonly cluster: string | null
  query: <Row>(query: Query<Row>) => Promise<Row[]>
  command: (statement: Statement) => Promise<void>
  insertArrow: (insert: ArrowInsert) => Promise<void>
  /** Loads a local file's bytes (Parquet, CSV …) into a table by `INSERT INTO … SELECT … FROM` the file. */
  insertFile: (load: FileLoad) => Promise<void>
  close: () => Promise<void>
}

export interface FileLoad {
  readonly table: string
  readonly columns: readonly string[]
  /** Select list, one expression a column, over the file's columns. */
  readonly select: readonly string[]
  /** The file's own structure, `name Type, …`: a server needs it told. */
  readonly structure: string
  readonly format: 'Parquet' | 'CSVWithNames' | 'JSONEachRow'
  readonly file: string
}

// Errors that the same request may not meet again: load, memory, space, timeouts, and a server
// that restarts. Codes of ClickHouse's ErrorCodes.cpp.
const retryableCodes = new Set([
  '159',
  '160',
  '202',
  '203',
  '209',
  '210',
  '241',
  '242',
  '243',
  '252',
  '279',
  '319',
  '425',
  '999',
  '1000',
])

// The JSON answers carry 64-bit integers as numbers; counts stay far below 2^53.
const readSettings = { output_format_json_quote_64bit_integers: 0 } as const

// Nothing hangs on deduplication tokens (docs/guarantees.md), and an answer means durable.
const insertSettings = {
  async_insert: 0,
  insert_deduplicate: 0,
  max_partitions_per_insert_block: 0,
  input_format_null_as_default: 0,
} as const

/** Opens the store. The embedded engine allows one process a directory and one directory a process. */
export async function openStore(options: StoreOptions): Promise<Store> {
  const embeddedPath = options.url === undefined ? resolve(options.path ?? 'data') : null
  if (embeddedPath !== null) await mkdir(join(embeddedPath, 'spool'), { recursive: true })
  const client =
    embeddedPath === null
      ? await serverClient(options)
      : await embeddedClient(embeddedPath, options)
  const timeoutMs = options.timeoutMs ?? 60_000
  const write =
    embeddedPath === null
      ? streamedWrites(client)
      : spooledWrites(client, join(embeddedPath, 'spool'))
  return {
    database: options.database,
    embedded: embeddedPath !== null,
    cluster: options.cluster ?? null,
    query: (query) => guarded(query.name, timeoutMs, (signal) => runQuery(client, query, signal)),
    command: (statement) =>
      guarded(statement.name, timeoutMs, (signal) => runCommand(client, statement, signal)),
    insertArrow: (insert) =>
      guarded(`insert ${insert.table}`, timeoutMs, (signal) => write.arrow(insert, signal)),
    insertFile: (load) =>
      guarded(`load ${load.table}`, 30 * timeoutMs, (signal) => write.file(load, signal)),
    close: () => client.close(),
  }
}

type NodeConnection = NonNullable<NonNullable<Parameters<typeof createClient>[0]>['connection']>

async function embeddedClient(path: string, options: StoreOptions): Promise<ClickHouseClient> {
  // chdb types its connection by a copy of the client's own interface, one optional property apart.
  const connection = createChdbConnection({
    path: join(path, 'clickhouse'),
  }) as unknown as NodeConnection
  const client = createClient({ connection })
  await client.command({ query: createDatabase({ database: options.database, cluster: null }) })
  await client.command({ query: `USE ${identifier(options.database)}` })
  return client
}

async function serverClient(options: StoreOptions): Promise<ClickHouseClient> {
  const server = {
    url: options.url ?? '',
    username: options.username ?? 'default',
    password: options.password ?? '',
    request_timeout: options.timeoutMs ?? 60_000,
    max_open_connections: 16,
  }
  const bootstrap = createClient(server)
  try {
    await guarded('create-database', server.request_timeout, (signal) =>
      bootstrap.command({
        query: createDatabase({ database: options.database, cluster: options.cluster ?? null }),
        abort_signal: signal,
      }),
    )
  } finally {
    await bootstrap.close()
  }
  return createClient({ ...server, database: options.database })
}

async function runQuery<Row>(
  client: ClickHouseClient,
  query: Query<Row>,
  signal: AbortSignal,
): Promise<Row[]> {
  const settings = { ...readSettings, ...query.settings, log_comment: query.name }
  const result = await client.query({
    query: `${query.sql}\n${settingsClause(settings)}`,
    format: 'JSONEachRow',
    query_params: { ...query.params },
    abort_signal: signal,
  })
  const rows = await result.json<Record<string, unknown>>()
  return rows.map(query.toRow)
}

async function runCommand(
  client: ClickHouseClient,
  statement: Statement,
  signal: AbortSignal,
): Promise<void> {
  const settings = statement.settings === undefined ? '' : `\n${settingsClause(statement.settings)}`
  await client.command({
    query: statement.sql + settings,
    ...(statement.params === undefined ? {} : { query_params: { ...statement.params } }),
    abort_signal: signal,
  })
}

interface Writes {
  arrow: (insert: ArrowInsert, signal: AbortSignal) => Promise<void>
  file: (load: FileLoad, signal: AbortSignal) => Promise<void>
}

const columnList = (columns: readonly string[]): string => columns.map(identifier).join(', ')

/** The embedded connection turns binary bodies into UTF-8, so bytes go through a spool file. */
function spooledWrites(client: ClickHouseClient, spool: string): Writes {
  let serial = 0
  return {
    arrow: async ({ table, columns, arrow }, signal) => {
      const path = join(spool, `${process.pid}-${serial++}.arrow`)
      try {
        await writePieces(path, arrow)
        await client.command({
          query: `INSERT INTO ${identifier(table)} (${columnList(columns)}) SELECT ${columnList(columns)} FROM file({path:String}, 'ArrowStream') ${settingsClause(insertSettings)}`,
          query_params: { path },
          abort_signal: signal,
        })
      } finally {
        await rm(path, { force: true })
      }
    },
    file: async (load, signal) => {
      await client.command({
        query: `INSERT INTO ${identifier(load.table)} (${columnList(load.columns)}) SELECT ${load.select.join(', ')} FROM file({path:String}, '${load.format}', '${load.structure.replaceAll("'", "''")}') ${settingsClause(insertSettings)}`,
        query_params: { path: resolve(load.file) },
        abort_signal: signal,
      })
    },
  }
}

async function writePieces(path: string, pieces: readonly Uint8Array[]): Promise<void> {
  const file = await open(path, 'w')
  try {
    await file.writev([...pieces])
  } finally {
    await file.close()
  }
}

function streamedWrites(client: ClickHouseClient): Writes {
  const stream = async (query: string, values: Readable, signal: AbortSignal): Promise<void> => {
    const { stream: answer } = await client.exec({ query, values, abort_signal: signal })
    // An error after the headers arrives in the body; draining it surfaces it and frees the socket.
    answer.resume()
    await finished(answer)
  }
  return {
    arrow: ({ table, columns, arrow }, signal) =>
      stream(
        `INSERT INTO ${identifier(table)} (${columnList(columns)}) ${settingsClause(insertSettings)} FORMAT ArrowStream`,
        Readable.from(arrow, { objectMode: false }),
        signal,
      ),
    file: (load, signal) =>
      stream(
        `INSERT INTO ${identifier(load.table)} (${columnList(load.columns)}) SELECT ${load.select.join(', ')} FROM input('${load.structure.replaceAll("'", "''")}') ${settingsClause(insertSettings)} FORMAT ${load.format}`,
        createReadStream(load.file),
        signal,
      ),
  }
}

/** One deadline and one translation of errors for every call. */
async function guarded<T>(
  name: string,
  timeoutMs: number,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const signal = AbortSignal.timeout(timeoutMs)
  try {
    return await call(signal)
  } catch (error) {
    throw storeError(name, error)
  }
}

/** Retryable by ClickHouse's own code; whatever is no answer of the engine is the network's and worth a retry. */
export function storeError(name: string, error: unknown): AppError {
  if (error instanceof AppError) return error
  if (isEngineError(error)) {
    const code = retryableCodes.has(error.code) ? 'STORE_UNAVAILABLE' : 'STORE_REJECTED'
    return new AppError(code, `ClickHouse refused ${name}: ${error.type ?? error.code}`, {
      cause: error,
      details: { operation: name, clickhouseCode: Number(error.code), type: error.type },
    })
  }
  return new AppError('STORE_UNAVAILABLE', `no answer from ClickHouse to ${name}`, {
    cause: error,
    details: { operation: name },
  })
}

// The embedded connection loads the client's CommonJS build, whose error class is another one:
// what both have is ClickHouse's numeric code and its name.
const isEngineError = (error: unknown): error is ClickHouseError =>
  error instanceof ClickHouseError ||
  (error instanceof Error &&
    'type' in error &&
    'code' in error &&
    /^[0-9]+$/.test(String(error.code)))
