import { randomBytes, randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { gzipSync } from 'node:zlib'
import { openEngine, type Engine, type EngineAnswer } from './clickhouse-engine.ts'
import { FaultPlan, type Fault, type FaultRule } from './faults.ts'
import { readRequest } from './http-request.ts'

export interface ClickHouseServer {
  readonly url: string
  readonly port: number
  readonly faults: FaultPlan
  /** The last thousand statements, oldest first, also those that a fault kept from running. */
  readonly statements: readonly string[]
  close: () => Promise<void>
}

export interface ClickHouseServerOptions {
  /** The engine's data directory. */
  readonly path: string
  /** 0, the default: any free one. */
  readonly port?: number
  /** What `default` must log in with. Default: anything goes. */
  readonly password?: string
}

/**
 * ClickHouse's HTTP interface over the embedded engine: what a client needs of it, and faults on
 * demand (`faults`, or `POST /_faults` with a FaultRule and `DELETE /_faults` from other processes).
 */
export async function startClickHouseServer(
  options: ClickHouseServerOptions,
): Promise<ClickHouseServer> {
  const engine = await openEngine(options.path)
  const faults = new FaultPlan()
  const statements: string[] = []
  const server = createServer({ maxHeaderSize: 1 << 20, keepAliveTimeout: 10_000 }, (req, res) => {
    const url = new URL(req.url ?? '/', 'http://localhost')
    const seen = (sql: string): void => {
      statements.push(sql)
      if (statements.length > 1000) statements.shift()
    }
    handle({ engine, faults, seen, password: options.password ?? null }, req, res, url).catch(
      (error: unknown) => {
        if (!res.headersSent) sendException(res, error)
        else res.destroy()
      },
    )
  })
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    faults,
    statements,
    close: async () => {
      await closeServer(server)
      await engine.close()
    },
  }
}

async function closeServer(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve))
  server.closeAllConnections()
  await closed
}

interface Serving {
  readonly engine: Engine
  readonly faults: FaultPlan
  readonly seen: (sql: string) => void
  readonly password: string | null
}

async function handle(
  serving: Serving,
  req: IncomingMessage,
  res: ServerResponse,
  url: URL,
): Promise<void> {
  switch (url.pathname) {
    case '/ping':
      res.end('Ok.\n')
      return
    case '/_faults':
      await handleFaults(serving.faults, req, res)
      return
    case '/':
      await handleStatement(serving, req, res, url)
      return
    default:
      res.writeHead(404).end('There is no handle here.\n')
  }
}

async function handleStatement(
  serving: Serving,
  req: IncomingMessage,
  res: ServerResponse,
  url: URL,
): Promise<void> {
  if (!authenticated(req, serving.password)) {
    const text = exceptionText(516, 'AUTHENTICATION_FAILED', 'default: Authentication failed')
    sendError(res, 516, text)
    return
  }
  const request = await readRequest(req, url)
  serving.seen(request.sql)
  const rule = serving.faults.take(request.sql)
  if (rule?.fault.kind === 'delay') await sleep(rule.fault.ms)
  if (rule !== null && !runsStatement(rule) && misbehave(rule.fault, res)) return
  const answer = await serving.engine.run(request)
  if (rule !== null && runsStatement(rule) && misbehave(rule.fault, res, answer)) return
  sendAnswer(req, res, url, answer)
}

const runsStatement = ({ fault, executed }: FaultRule): boolean =>
  executed === true || ['truncate', 'stall', 'drip', 'late-exception'].includes(fault.kind)

async function handleFaults(
  faults: FaultPlan,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  if (req.method === 'DELETE') faults.clear()
  else {
    const chunks: Buffer[] = []
    for await (const chunk of req) chunks.push(chunk as Buffer)
    faults.add(JSON.parse(Buffer.concat(chunks).toString('utf8')) as FaultRule)
  }
  res.writeHead(204).end()
}

function authenticated(req: IncomingMessage, password: string | null): boolean {
  if (password === null) return true
  const basic = `Basic ${Buffer.from(`default:${password}`).toString('base64')}`
  return (
    req.headers.authorization === basic ||
    (req.headers['x-clickhouse-user'] === 'default' && req.headers['x-clickhouse-key'] === password)
  )
}

const nothing: EngineAnswer = { body: Buffer.alloc(0), readRows: 0, readBytes: 0 }

/** Plays the fault. False: there is still an answer to send. */
function misbehave(fault: Fault, res: ServerResponse, answer: EngineAnswer = nothing): boolean {
  switch (fault.kind) {
    case 'delay':
      return false
    case 'hang':
      return true
    case 'status':
      res.writeHead(fault.status, { 'content-type': 'text/html' }).end('<h1>upstream</h1>\n')
      return true
    case 'exception':
      sendError(res, fault.code, exceptionText(fault.code, fault.type, 'a fault of the test'))
      return true
    case 'reset':
      res.destroy()
      return true
    case 'late-exception':
      sendLateException(res, fault, answer)
      return true
    case 'drip':
      drip(res, answer.body, fault.bytes)
      return true
    case 'truncate':
    case 'stall':
      sendPart(res, answer.body, fault)
      return true
  }
}

function sendPart(
  res: ServerResponse,
  body: Uint8Array,
  { kind, afterBytes }: Fault & { readonly kind: 'truncate' | 'stall' },
): void {
  res.writeHead(200, { 'content-type': 'application/x-ndjson' })
  res.flushHeaders()
  res.write(body.subarray(0, afterBytes), () => {
    if (kind === 'truncate') res.destroy()
  })
}

function drip(res: ServerResponse, body: Uint8Array, bytes: number): void {
  let sent = 0
  const timer = setInterval(() => {
    res.write(body.subarray(sent, sent + bytes))
    sent += bytes
    if (sent >= body.byteLength) {
      clearInterval(timer)
      res.end()
    }
  }, 10)
  res.on('close', () => {
    clearInterval(timer)
  })
}

/** As servers since 25.11 do it once a part of the answer has gone out: marker, tag, text, length. */
function sendLateException(
  res: ServerResponse,
  { code, type }: { code: number; type: string },
  answer: EngineAnswer,
): void {
  const tag = randomBytes(8).toString('hex')
  const text = `${exceptionText(code, type, 'a fault of the test')}\n`
  res.writeHead(200, {
    'content-type': 'application/x-ndjson',
    'x-clickhouse-exception-tag': tag,
  })
  res.write(answer.body)
  res.end(
    `\r\n__exception__\r\n${tag}\r\n${text}${Buffer.byteLength(text)} ${tag}\r\n__exception__\r\n`,
  )
}

function sendAnswer(
  req: IncomingMessage,
  res: ServerResponse,
  url: URL,
  answer: EngineAnswer,
): void {
  const gzip =
    url.searchParams.get('enable_http_compression') === '1' &&
    (req.headers['accept-encoding'] ?? '').includes('gzip')
  const rows = String(answer.readRows)
  res.writeHead(200, {
    'content-type': 'text/plain; charset=UTF-8',
    'x-clickhouse-query-id': url.searchParams.get('query_id') ?? randomUUID(),
    'x-clickhouse-timezone': 'UTC',
    'x-clickhouse-exception-tag': randomBytes(8).toString('hex'),
    'x-clickhouse-summary': JSON.stringify({
      read_rows: rows,
      read_bytes: String(answer.readBytes),
      written_rows: '0',
      written_bytes: '0',
      total_rows_to_read: '0',
      result_rows: rows,
      result_bytes: String(answer.body.byteLength),
      elapsed_ns: '0',
    }),
    ...(gzip ? { 'content-encoding': 'gzip' } : {}),
  })
  res.end(gzip ? gzipSync(answer.body) : answer.body)
}

const exceptionText = (code: number, type: string, message: string): string =>
  `Code: ${code}. DB::Exception: ${message}. (${type}) (version 26.7.2.1)`

/** The engine's own exception as the HTTP interface words it. */
function sendException(res: ServerResponse, error: unknown): void {
  const message = error instanceof Error ? error.message : String(error)
  const code = /^Code: (\d+)/.exec(message)?.[1]
  if (code === undefined) sendError(res, 1002, exceptionText(1002, 'UNKNOWN_EXCEPTION', message))
  else sendError(res, Number(code), `${message} (version 26.7.2.1)`)
}

function sendError(res: ServerResponse, code: number, text: string): void {
  res.writeHead(httpStatus(code), {
    'content-type': 'text/plain; charset=UTF-8',
    'x-clickhouse-exception-code': String(code),
  })
  res.end(`${text}\n`)
}

// The statuses that matter to a client, after the server's own table; all else is 500.
function httpStatus(code: number): number {
  if ([60, 81, 46, 16, 47].includes(code)) return 404
  if ([62, 27, 38, 41, 72, 457, 456, 6].includes(code)) return 400
  if (code === 516) return 403
  if (code === 202) return 429
  if (code === 159) return 408
  return 500
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { path: { type: 'string' }, port: { type: 'string' }, password: { type: 'string' } },
  })
  if (values.path === undefined) throw new RangeError('--path <directory> is needed')
  const server = await startClickHouseServer({
    path: values.path,
    port: Number(values.port ?? 0),
    ...(values.password === undefined ? {} : { password: values.password }),
  })
  console.log(server.url)
  const stop = (): void => {
    void server.close().then(() => process.exit(0))
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main()
