import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { tmpdir } from 'node:os'
import { drainPending, Session } from 'chdb'

/** One request of ClickHouse's HTTP interface, taken apart. */
export interface EngineRequest {
  readonly sql: string
  /** Bytes that follow an INSERT, in the format it names. */
  readonly data: Buffer | null
  readonly database: string | null
  /** Format of the answer when the statement names none. */
  readonly format: string
  readonly settings: ReadonlyMap<string, string>
  /** Values as the interface sends them: in ClickHouse's escaped text. */
  readonly params: ReadonlyMap<string, string>
}

export interface EngineAnswer {
  readonly body: Uint8Array
  readonly readRows: number
  readonly readBytes: number
}

export interface Engine {
  run: (request: EngineRequest) => Promise<EngineAnswer>
  close: () => Promise<void>
}

/**
 * The embedded engine of one directory, a session a request: settings, parameters and the current
 * database end with the request that brought them, and requests run beside each other.
 */
export async function openEngine(path: string): Promise<Engine> {
  const spool = await mkdtemp(join(tmpdir(), 'clickhouse-spool-'))
  // Holds the engine open: between two requests there would be no session, and each would boot it.
  const anchor = new Session(path)
  let serial = 0
  return {
    run: (request) => runInSession(path, join(spool, `${serial++}.bin`), request),
    close: async () => {
      anchor.close()
      await drainPending()
      await rm(spool, { recursive: true, force: true })
    },
  }
}

async function runInSession(
  path: string,
  spoolFile: string,
  request: EngineRequest,
): Promise<EngineAnswer> {
  const session = new Session(path)
  try {
    for (const statement of preparation(request)) await session.queryAsync(statement)
    let sql = request.sql
    if (request.data !== null) {
      await writeFile(spoolFile, request.data)
      sql = readingFile(sql, spoolFile) ?? `${sql}\n${request.data.toString('utf8')}`
    }
    const answer = await session.queryAsync(sql, { format: request.format })
    return { body: answer.bytes(), readRows: answer.rowsRead, readBytes: answer.bytesRead }
  } finally {
    session.close()
    if (request.data !== null) await rm(spoolFile, { force: true })
  }
}

function preparation({ database, settings, params }: EngineRequest): string[] {
  const sets = [
    ...[...settings].map(([name, value]) => `${name} = ${literal(value)}`),
    ...[...params].map(([name, value]) => `param_${name} = ${literal(value)}`),
  ]
  return [
    ...(database === null ? [] : [`USE \`${database.replaceAll('`', '``')}\``]),
    ...(sets.length === 0 ? [] : [`SET ${sets.join(', ')}`]),
  ]
}

const literal = (text: string): string =>
  `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`

const inputFunction = /\binput\s*\(\s*('(?:[^'\\]|''|\\.)*')\s*\)/i
const insertInFormat =
  /^(\s*INSERT\s+INTO\s[\s\S]*?)(\s+SETTINGS\s[\s\S]*?)?\s+FORMAT\s+([A-Za-z]+)[\s;]*$/i

/** The same INSERT reading its rows from a file, since the engine takes statements as text only. Null: not such an INSERT. */
export function readingFile(sql: string, file: string): string | null {
  const insert = insertInFormat.exec(sql)
  if (insert === null) return null
  const [, head = '', settings = '', format = ''] = insert
  const input = inputFunction.exec(head)
  if (input === null) {
    return `${head} FROM INFILE ${literal(file)} COMPRESSION 'none'${settings} FORMAT ${format}`
  }
  const source = `file(${literal(file)}, '${format}', ${input[1] ?? ''})`
  return head.replace(inputFunction, () => source) + settings
}
