import type { Store } from './client.ts'
import { identifier, settingsClause } from './query.ts'

/** What a cell may hold. A Date keeps its milliseconds, a bigint all its digits; NaN and ±Infinity are values. */
export type Cell =
  | string
  | number
  | bigint
  | boolean
  | Date
  | null
  | readonly Cell[]
  | { readonly [key: string]: Cell }

// Nothing hangs on deduplication tokens (docs/guarantees.md), and an answer means durable.
const settings = {
  async_insert: 0,
  insert_deduplicate: 0,
  max_partitions_per_insert_block: 0,
  input_format_null_as_default: 0,
  // An unknown column or a wrong type is a bug here, never data to be skipped.
  input_format_skip_unknown_fields: 0,
  input_format_allow_errors_num: 0,
  date_time_input_format: 'best_effort',
} as const

/** Characters of one statement: big enough for thousands of metrics, small enough for any server. */
const chunkChars = 4_000_000
const chunkRows = 10_000

/**
 * Inserts rows of a low-volume table (transitions, deliveries, registries, metrics …); `rows` hold
 * their cells in the order of `columns`. Resolves when every row is durable. A large set goes in
 * several inserts: after a failure some of them may be stored, so rows must be keyed such that the
 * same call again is harmless. Events go by `insertArrow` instead.
 */
export async function insertRows(
  store: Pick<Store, 'command'>,
  table: string,
  columns: readonly string[],
  rows: readonly (readonly Cell[])[],
): Promise<void> {
  const head = `INSERT INTO ${identifier(table)} (${columns.map(identifier).join(', ')}) ${settingsClause(settings)} FORMAT JSONCompactEachRow`
  for (const chunk of chunks(rows.map((row) => cellsText(row, columns.length)))) {
    await store.command({ name: `insert ${table}`, sql: `${head} ${chunk}` })
  }
}

/**
 * Rows stand behind each other on one line: the embedded engine takes a line break for the end of
 * the data, and JSON text holds none.
 */
function* chunks(rows: readonly string[]): Generator<string> {
  let chunk: string[] = []
  let chars = 0
  for (const row of rows) {
    if (chunk.length > 0 && (chars + row.length > chunkChars || chunk.length === chunkRows)) {
      yield chunk.join(', ')
      chunk = []
      chars = 0
    }
    chunk.push(row)
    chars += row.length + 2
  }
  if (chunk.length > 0) yield chunk.join(', ')
}

function cellsText(row: readonly Cell[], width: number): string {
  if (row.length !== width) throw new RangeError(`a row has ${row.length} cells, not ${width}`)
  return `[${row.map(cellText).join(',')}]`
}

function cellText(cell: Cell): string {
  if (cell === null) return 'null'
  if (typeof cell === 'string') return stringText(cell)
  if (typeof cell === 'bigint') return `"${cell}"`
  if (typeof cell === 'number') return numberText(cell)
  if (typeof cell === 'boolean') return String(cell)
  if (cell instanceof Date) return `"${cell.toISOString()}"`
  if (isList(cell)) return `[${cell.map(cellText).join(',')}]`
  const entries = Object.entries(cell).map(
    ([key, value]) => `${stringText(key)}:${cellText(value)}`,
  )
  return `{${entries.join(',')}}`
}

const isList = (cell: Cell): cell is readonly Cell[] => Array.isArray(cell)

/** JSON has no word for these; ClickHouse reads them quoted. */
function numberText(value: number): string {
  if (Number.isFinite(value)) return Object.is(value, -0) ? '-0.0' : String(value)
  return Number.isNaN(value) ? '"nan"' : value > 0 ? '"inf"' : '"-inf"'
}

/** Half of a surrogate pair is no text: ClickHouse would refuse the whole insert. */
const stringText = (text: string): string =>
  JSON.stringify(text.replaceAll(/\p{Surrogate}/gu, '\uFFFD'))
