import { access, constants } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import {
  ClickHouseError,
  ClickHouseLogLevel,
  createClient,
  type ClickHouseClient,
} from '@clickhouse/client'
import { AppError } from '../core/errors.ts'
import { createDatabase } from './ddl.ts'
import { loadEngine, type EmbeddedEngine } from './embedded-engine.ts'
import { durableInsert, identifier, settingsClause, type Query, type Statement } from './query.ts'
import { embeddedAnswers, servedAnswers, type StreamedAnswers } from './streamed-answers.ts'
import { spooledWrites, streamedWrites, type Writes } from './writes.ts'

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
  /** The same block by block, for answers that are too long to be held; they have no deadline. */
  stream: <Row>(query: Query<Row>) => AsyncGenerator<Row[]>
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

// Errors that the same request may not meet again: load, memory, space, disks, replicas, timeouts,
// and a server that restarts. Codes of ClickHouse's ErrorCodes.cpp.
const retryableCodes = new Set(
  [
    74, 75, 159, 160, 198, 202, 203, 209, 210, 236, 241, 242, 243, 252, 279, 285, 286, 319, 394,
    425, 439, 499, 722, 733, 999, 1000,
  ].map(String),
)

// The JSON answers carry 64-bit integers as numbers; counts stay far below 2^53.
const readSettings = { output_format_json_quote_64bit_integers: 0 } as const

// A session of the embedded engine runs one statement at a time: with only one, a slow report would
// hold up every insert. More would take all four threads that file access needs as well.
const embeddedSessions = 3

// Failures are reported once, as AppErrors; the client's own log would show bound values.
const log = { level: ClickHouseLogLevel.OFF }

/** Opens the store. The embedded engine allows one process a directory and one directory a process. */
export async function openStore(options: StoreOptions): Promise<Store> {
  const embedded = options.url === undefined
  const { clients, answers, writes, drain } = await (embedded ? openEmbedded : openServer)(options)
  const withClient = leastBusy(clients)
  const timeoutMs = options.timeoutMs ?? 60_000
  const guarded = <T>(
    name: string,
    deadlineMs: number,
    call: (client: ClickHouseClient, signal: AbortSignal) => Promise<T>,
  ): Promise<T> =>
    translated(name, () => {
      const signal = AbortSignal.timeout(deadlineMs)
      return withClient((client) => call(client, signal))
    })
  return {
    database: options.database,
    embedded,
    cluster: options.cluster ?? null,
    query: async (query) => {
      const limits = { max_execution_time: Math.ceil(timeoutMs / 1000) }
      const rows = await guarded(query.name, timeoutMs, (client, signal) =>
        runQuery(client, { ...query, settings: { ...limits, ...query.settings } }, signal),
      )
      return rows.map(query.toRow)
    },
    stream: (query) => streamed(answers, query),
    command: (statement) =>
      guarded(statement.name, timeoutMs, (client, signal) => runCommand(client, statement, signal)),
    insertArrow: (insert) =>
      guarded(`insert ${insert.table}`, timeoutMs, (client, signal) =>
        writes.arrow(client, insert, signal),
      ),
    insertFile: async (load) => {
      await access(load.file, constants.R_OK).catch((cause: unknown) => {
        throw new AppError('FILE_INVALID', `cannot read ${load.file}`, { cause })
      })
      await guarded(`load ${load.table}`, 30 * timeoutMs, (client, signal) =>
        writes.file(client, load, signal),
      )
    },
    close: async () => {
      await Promise.all(clients.map((client) => client.close()))
      // A call that met its deadline is over for its caller only; the engine still works on it.
      await drain()
      await writes.close()
    },
  }
}

interface Door {
  readonly clients: readonly ClickHouseClient[]
  readonly answers: StreamedAnswers
  readonly writes: Writes
  /** Waits for calls that go on although their client is closed. */
  readonly drain: () => Promise<void>
}

type NodeConnection = NonNullable<NonNullable<Parameters<typeof createClient>[0]>['connection']>

async function openEmbedded({ path = 'data', database }: StoreOptions): Promise<Door> {
  const engine = await loadEngine()
  const directory = resolve(path)
  // The engine takes the directory's lock, so what lies in the spool after it is nobody else's.
  const home = join(directory, 'clickhouse')
  const clients = Array.from({ length: embeddedSessions }, () => embeddedClient(engine, home))
  await translated('open', async () => {
    for (const client of clients) {
      await client.command({ query: createDatabase({ database, cluster: null }) })
      await client.command({ query: `USE ${identifier(database)}` })
    }
  })
  const writes = await spooledWrites(join(directory, 'spool'))
  const answers = embeddedAnswers(engine, { path: home, database })
  return { clients, answers, writes, drain: engine.drainPending }
}

function embeddedClient(engine: EmbeddedEngine, path: string): ClickHouseClient {
  try {
    // chdb types its connection by a copy of the client's own interface, one optional property apart.
    const connection = engine.createChdbConnection({ path }) as unknown as NodeConnection
    return createClient({ connection, log })
  } catch (error) {
    throw new AppError(
      'STORE_UNAVAILABLE',
      `cannot open the data directory ${path}: another process may be using it, or it is not writable`,
      { cause: error },
    )
  }
}

async function openServer(options: StoreOptions): Promise<Door> {
  const { database, cluster = null } = options
  const server = {
    url: options.url ?? '',
    username: options.username ?? 'default',
    password: options.password ?? '',
    request_timeout: options.timeoutMs ?? 60_000,
    max_open_connections: 16,
    log,
  }
  const bootstrap = createClient(server)
  try {
    await translated('create-database', () =>
      bootstrap.command({ query: createDatabase({ database, cluster }) }),
    )
  } finally {
    await bootstrap.close()
  }
  const client = createClient({
    ...server,
    database,
    clickhouse_settings: durableInsert,
    // Long parameters do not fit into the URL that a proxy in between accepts.
    use_multipart_params_auto: true,
  })
  return {
    clients: [client],
    answers: servedAnswers(client),
    writes: streamedWrites(),
    drain: () => Promise.resolve(),
  }
}

/** Runs each call on the client that has the fewest calls running, if possible none that is lost. */
function leastBusy(
  clients: readonly ClickHouseClient[],
): <T>(call: (client: ClickHouseClient) => Promise<T>) => Promise<T> {
  const seats = clients.map((client) => ({ client, load: 0 }))
  // Calls past their deadline go on in their session, nobody knows how long: worse than any queue.
  const lostCall = 1_000_000
  return async (call) => {
    const seat = seats.reduce((least, other) => (other.load < least.load ? other : least))
    seat.load += 1
    try {
      return await call(seat.client)
    } catch (error) {
      if (seats.length > 1) {
        seat.load += lostCall
        // The session answers once it is free again; after a mere refusal that is at once.
        void seat.client.ping().finally(() => (seat.load -= lostCall))
      }
      throw error
    } finally {
      seat.load -= 1
    }
  }
}

async function* streamed<Row>(answers: StreamedAnswers, query: Query<Row>): AsyncGenerator<Row[]> {
  const { name, params, toRow } = query
  try {
    for await (const rows of answers({ sql: textOf(query), params })) yield rows.map(toRow)
  } catch (error) {
    throw storeError(name, error)
  }
}

const textOf = ({ name, sql, settings }: Omit<Query<unknown>, 'toRow'>): string =>
  `${sql}\n${settingsClause({ ...readSettings, ...settings, log_comment: name })}`

async function runQuery(
  client: ClickHouseClient,
  query: Omit<Query<unknown>, 'toRow'>,
  signal: AbortSignal,
): Promise<Record<string, unknown>[]> {
  const result = await client.query({
    query: textOf(query),
    format: 'JSONEachRow',
    query_params: { ...query.params },
    abort_signal: signal,
  })
  // The client heeds its signal until the headers are there; a body may trickle in for ever.
  const cut = (): void => {
    result.close()
  }
  signal.addEventListener('abort', cut, { once: true })
  try {
    return await result.json<Record<string, unknown>>()
  } finally {
    signal.removeEventListener('abort', cut)
  }
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

/** One translation of errors for every call. What a caller did wrong stays what it is: a bug. */
async function translated<T>(name: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError) throw error
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
