import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import Table from 'cli-table3'
import { Command, Option } from 'commander'
import { serviceUrl } from './service-request.ts'

interface QueryOptions {
  readonly json?: string
  readonly body?: string
  readonly format: 'table' | 'json' | 'csv'
  readonly url: string
  readonly key?: string
  readonly timeout: string
}

interface Answer {
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  readonly rows: readonly (readonly unknown[])[]
  readonly truncated: boolean
}

/** `query <model>`: one sliced query of a running service, for people and scripts. */
export function queryCommand(): Command {
  return new Command('query')
    .description(
      'Ask a running service for sliced statistics of a model (docs/reference/query.md).',
    )
    .argument('<model>', 'name of the model')
    .addOption(new Option('--json <file>', 'file with the query; - reads it from the input'))
    .addOption(new Option('--body <query>', 'the query itself, as JSON').conflicts('json'))
    .addOption(
      new Option('--format <format>', 'how to print')
        .choices(['table', 'json', 'csv'])
        .default('table'),
    )
    .option('--url <url>', 'where the service listens', 'http://127.0.0.1:8080')
    .addOption(
      new Option('--key <key>', 'API key with scope read; better given by the variable').env(
        'TIDEGAUGE_API_KEY',
      ),
    )
    .option('--timeout <seconds>', 'give up after', '60')
    .action(async (model: string, options: QueryOptions, command: Command) => {
      const failure = await query(model, options)
      if (failure !== null) command.error(failure, { exitCode: 1 })
    })
}

/** Prints the answer; what went wrong is the return value, in words. */
async function query(model: string, options: QueryOptions): Promise<string | null> {
  const body = await queryText(options).catch((error: unknown) => unreadable(options, error))
  if (body === null) return 'error: give the query with --json <file> or --body <query>'
  try {
    JSON.parse(body)
  } catch (error) {
    if (error instanceof SyntaxError) return `error: the query is no JSON: ${error.message}`
    throw error
  }
  const response = await ask(model, body, options)
  if (typeof response === 'string') return response
  const text = await response.text()
  if (!response.ok) return refusal(response.status, text)
  if (options.format === 'csv') process.stdout.write(text)
  else if (options.format === 'json') console.log(text)
  else printTable(JSON.parse(text) as Answer)
  return null
}

async function queryText({ json, body }: QueryOptions): Promise<string | null> {
  if (body !== undefined) return body
  if (json === undefined) return null
  if (json !== '-') return readFile(json, 'utf8')
  const pieces: Buffer[] = []
  for await (const piece of process.stdin) pieces.push(piece as Buffer)
  return Buffer.concat(pieces).toString('utf8')
}

/** A file that cannot be read is the caller's mistake, and said as an invalid query would be. */
function unreadable({ json }: QueryOptions, error: unknown): null {
  if (!(error instanceof Error) || !('code' in error)) throw error
  console.error(`cannot read ${json ?? ''}: ${error.message}`)
  return null
}

/** One request, asked again a few times while the service says that it is busy. */
async function ask(model: string, body: string, options: QueryOptions): Promise<Response | string> {
  const url = serviceUrl(options.url, `v1/models/${encodeURIComponent(model)}/query`)
  const signal = AbortSignal.timeout(Number(options.timeout) * 1000)
  const headers = {
    'content-type': 'application/json',
    accept: options.format === 'csv' ? 'text/csv' : 'application/json',
    ...(options.key === undefined ? {} : { authorization: `Bearer ${options.key}` }),
  }
  try {
    for (let attempt = 1; ; attempt++) {
      const response = await fetch(url, { method: 'POST', headers, body, signal })
      const busy = response.status === 429 || response.status === 503
      if (!busy || attempt === 4) return response
      await response.body?.cancel()
      const seconds = Number(response.headers.get('retry-after'))
      await sleep(1000 * (seconds > 0 ? seconds : 1), undefined, { signal })
    }
  } catch (error) {
    const timedOut = signal.aborted
    if (timedOut) return `error: no answer from ${url.origin} within ${options.timeout} s`
    if (error instanceof TypeError) return `error: no service answers at ${url.origin}`
    throw error
  }
}

interface ErrorBody {
  readonly code?: string
  readonly message?: string
  readonly details?: { readonly problems?: readonly Record<string, string>[] }
}

/** What the service said, with each problem of the query on a line of its own. */
function refusal(status: number, text: string): string {
  let error: ErrorBody
  try {
    error = JSON.parse(text) as ErrorBody
  } catch {
    return `error: the service answered ${status}`
  }
  const problems = (error.details?.problems ?? []).map(
    ({ path, found, allowed }) =>
      `  ${path ?? ''}: found ${found ?? ''}, allowed: ${allowed ?? ''}`,
  )
  const head = `error: ${error.code ?? status}`
  return problems.length === 0 ? `${head}: ${error.message ?? ''}` : [head, ...problems].join('\n')
}

function printTable({ columns, rows, truncated }: Answer): void {
  const table = new Table({
    head: columns.map(({ name }) => name),
    colAligns: columns.map(({ type }) => (type === 'number' ? 'right' : 'left')),
    style: { head: [], border: [] },
  })
  for (const row of rows) table.push(row.map(cell))
  console.log(table.toString())
  if (truncated) console.error('There are more rows: raise limit, or ask for fewer groups.')
}

function cell(value: unknown): string {
  if (value === null) return '-'
  if (typeof value === 'number') return String(Number(value.toPrecision(6)))
  if (typeof value !== 'string') return JSON.stringify(value)
  // What events bring must not steer the terminal.
  return value.replaceAll(/\p{C}/gu, '\ufffd')
}
