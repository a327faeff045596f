import { createHash } from 'node:crypto'
import { rejected, type Decoded, type PureDecoder } from './decoder.ts'
import { decodeJsonLines } from './json-lines.ts'
import { createLocalTimeReader } from './local-time.ts'
import type { RawRecord } from './native.ts'
import type { DecodingOptions } from './options.ts'
import { isOutputName, outputRow } from './outputs.ts'

type JsonObject = Readonly<Record<string, unknown>>

/** What a column of the log is, in the words of BentoML. */
type Role = 'feature' | 'prediction' | 'target' | 'other'

/** What a schema line says of the data lines after it. */
interface Schema {
  readonly model: string
  readonly version: string
  readonly roles: ReadonlyMap<string, Role>
}

/** The columns that BentoML adds to every row. */
const addedColumns = new Set(['timestamp', 'request_id', 'trace_id'])
/** A column of the sender's own that names the event, for labels that come from elsewhere. */
const idColumn = 'event_id'

/**
 * Data lines of BentoML's monitoring log: a row of columns, the local time without a zone, the request.
 *
 * - Roles: those of a schema line earlier in the same message; else by the options (`outputs`, and
 *   `features` where only those columns are features); else `target` is the label, a name that outputs
 *   usually have the prediction, and the rest are features. A schema of an earlier message is not
 *   remembered: what a line means must not hang on what this process has seen.
 * - A `target` that is there becomes a label of the same event.
 * - Id: the column `event_id` where the sender logs one. Else the request's id and a hash of the row,
 *   because all rows of a batch bear the same request id.
 */
export function createBentomlDecoder(options: DecodingOptions): PureDecoder {
  const readTime = createLocalTimeReader(options.timeZone)
  return {
    decode: (message) => {
      let schema: Schema | null = null
      const seen = new Map<string, number>()
      return decodeJsonLines(message, (line) => {
        if (!isObject(line)) return rejected('not_an_object', 'a line of the log is an object')
        if (isSchema(line)) {
          schema = readSchema(line)
          return { kind: 'skipped', reason: 'not_inference' }
        }
        const ts = timeOf(line, readTime, message.timestamp)
        if (typeof ts !== 'number') return ts
        return rowRecords(line, { options, schema, ts, id: eventId(line, seen) })
      })
    },
  }
}

interface RowFacts {
  readonly options: DecodingOptions
  readonly schema: Schema | null
  readonly ts: number
  readonly id: string | null
}

function rowRecords(line: JsonObject, { options, schema, ts, id }: RowFacts): Decoded {
  const columns = columnsByRole(line, options, schema)
  const key = id === null ? {} : { id }
  const model = options.model ?? schema?.model ?? ''
  const records: RawRecord[] = [
    {
      value: {
        model,
        ...given('version', options.version ?? schema?.version),
        ...given('variant', options.variant),
        ...key,
        ts,
        features: Object.fromEntries(columns.feature),
        ...outputRow(Object.fromEntries(columns.prediction), options.outputs),
        tags: given('request_id', textOf(line['request_id'])),
      },
    },
  ]
  const label = columns.target.find(([, value]) => value !== null)?.[1]
  if (label !== undefined) records.push({ value: { type: 'label', model, ...key, label, ts } })
  return { kind: 'records', records }
}

const given = (key: string, text: string | null | undefined): Record<string, string> =>
  text === null || text === undefined || text === '' ? {} : { [key]: text }

type Columns = Record<Role, [string, unknown][]>

function columnsByRole(line: JsonObject, options: DecodingOptions, schema: Schema | null): Columns {
  const columns: Columns = { feature: [], prediction: [], target: [], other: [] }
  for (const [name, value] of Object.entries(line)) {
    if (addedColumns.has(name) || name === idColumn) continue
    columns[schema?.roles.get(name) ?? roleByName(name, options)].push([name, value])
  }
  return columns
}

function roleByName(name: string, { features, outputs }: DecodingOptions): Role {
  if (name === outputs.prediction || name === outputs.score) return 'prediction'
  if (features.includes(name)) return 'feature'
  if (name === 'target') return 'target'
  if (isOutputName(name)) return 'prediction'
  return features.length === 0 ? 'feature' : 'other'
}

function timeOf(
  line: JsonObject,
  readTime: (text: string) => number,
  sentAt: number,
): number | Decoded {
  const { timestamp } = line
  if (timestamp === undefined || timestamp === null) return sentAt
  const ts = typeof timestamp === 'string' ? readTime(timestamp) : NaN
  return Number.isNaN(ts)
    ? rejected(
        'invalid_timestamp',
        '"timestamp" is no time, or a local one: BentoML writes no zone, so the decoding needs time_zone',
      )
    : ts
}

/** Null where the line says of no request that it belongs to. */
function eventId(line: JsonObject, seen: Map<string, number>): string | null {
  const own = textOf(line[idColumn])
  if (own !== null) return own
  const request = textOf(line['request_id'])
  if (request === null) return null
  const row = createHash('sha256').update(JSON.stringify(line)).digest('hex').slice(0, 16)
  const id = `${request}#${row}`
  const earlier = seen.get(id) ?? 0
  seen.set(id, earlier + 1)
  return earlier === 0 ? id : `${id}.${earlier}`
}

const isSchema = (line: JsonObject): boolean =>
  Array.isArray(line['columns']) && isObject(line['meta_data'])

function readSchema(line: JsonObject): Schema {
  const about = isObject(line['meta_data']) ? line['meta_data'] : {}
  const roles = new Map<string, Role>()
  for (const column of line['columns'] as unknown[]) {
    if (!isObject(column) || typeof column['name'] !== 'string') continue
    roles.set(column['name'], roleOf(column['role']))
  }
  return {
    model: textOf(about['bento_name']) ?? '',
    version: textOf(about['bento_version']) ?? '',
    roles,
  }
}

const roleOf = (role: unknown): Role =>
  role === 'feature' || role === 'prediction' || role === 'target' ? role : 'other'

/** Python's None comes as text from the log's own columns. */
function textOf(value: unknown): string | null {
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && value !== '' && value !== 'None' ? value : null
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
