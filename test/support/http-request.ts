import type { IncomingMessage } from 'node:http'
import { gunzipSync } from 'node:zlib'
import type { EngineRequest } from './clickhouse-engine.ts'

// Parameters of the HTTP interface itself, and settings that only its server side knows.
const notSettings = new Set([
  'query',
  'database',
  'default_format',
  'query_id',
  'session_id',
  'session_timeout',
  'session_check',
  'user',
  'password',
  'role',
  'wait_end_of_query',
  'buffer_size',
  'compress',
  'decompress',
  'enable_http_compression',
  'send_progress_in_http_headers',
  'http_headers_progress_interval_ms',
  'http_response_buffer_size',
  'http_zlib_compression_level',
  'cancel_http_readonly_queries_on_client_close',
])

/** Takes a request of ClickHouse's HTTP interface apart: URL, headers, and a plain, gzip or multipart body. */
export async function readRequest(request: IncomingMessage, url: URL): Promise<EngineRequest> {
  const body = await readBody(request)
  const form = multipart(request, body)
  const fields = new Map([...url.searchParams, ...(form ?? [])])
  const entries = [...fields]
  return {
    ...statement(fields.get('query') ?? '', form === null ? body : Buffer.alloc(0)),
    database: fields.get('database') ?? null,
    format: fields.get('default_format') ?? 'TabSeparated',
    params: new Map(
      entries.flatMap(([name, value]): [string, string][] =>
        name.startsWith('param_') ? [[name.slice('param_'.length), value]] : [],
      ),
    ),
    settings: new Map(
      entries.filter(([name]) => !name.startsWith('param_') && !notSettings.has(name)),
    ),
  }
}

/** The body continues the query of the URL; after an INSERT there it is data. */
function statement(query: string, body: Buffer): Pick<EngineRequest, 'sql' | 'data'> {
  if (/^\s*INSERT\s/i.test(query) && body.length > 0) return { sql: query, data: body }
  return { sql: query + body.toString('utf8'), data: null }
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const body = Buffer.concat(chunks)
  return request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body
}

/** The parts of a form, which carries long parameters; null for any other body. */
function multipart(request: IncomingMessage, body: Buffer): [name: string, value: string][] | null {
  const type = request.headers['content-type'] ?? ''
  const boundary = /^multipart\/form-data;\s*boundary="?([^";]+)/.exec(type)?.[1]
  if (boundary === undefined) return null
  const parts = body.toString('utf8').split(`--${boundary}`)
  return parts.flatMap((part): [string, string][] => {
    const end = part.indexOf('\r\n\r\n')
    const name = /name="([^"]+)"/.exec(part.slice(0, Math.max(end, 0)))?.[1]
    return name === undefined ? [] : [[name, part.slice(end + 4, -2)]]
  })
}
