/** A read as data: its text, what is bound into it, and how a raw row is understood. Running it is client.ts's. */
export interface Query<Row> {
  /** Shows up in the server's query log as `log_comment`. */
  readonly name: string
  readonly sql: string
  readonly params: Readonly<Record<string, unknown>>
  /** Appended to the text as `SETTINGS …`: per-call settings of the client leak inside the embedded engine. */
  readonly settings?: Readonly<Record<string, string | number>>
  readonly toRow: (raw: Readonly<Record<string, unknown>>) => Row
}

/** A statement that answers nothing: DDL, or an INSERT … SELECT. */
export interface Statement {
  readonly name: string
  readonly sql: string
  readonly params?: Readonly<Record<string, unknown>>
  /** For an INSERT … SELECT; never with DDL. */
  readonly settings?: Readonly<Record<string, string | number>>
}

/** Backticks around an identifier. Names come from allow-lists; a backtick or backslash in one is a bug. */
export function identifier(name: string): string {
  if (/[`\\\0]/.test(name))
    throw new RangeError('an identifier holds no backtick, backslash or NUL')
  return `\`${name}\``
}

/** `SETTINGS a = 1, b = 'x'`. */
export function settingsClause(settings: Readonly<Record<string, string | number>>): string {
  const entries = Object.entries(settings).map(([name, value]) => {
    if (!/^[a-z][a-z0-9_]*$/.test(name)) throw new RangeError(`"${name}" is no setting`)
    return `${name} = ${typeof value === 'number' ? value : `'${value.replaceAll("'", "''")}'`}`
  })
  return `SETTINGS ${entries.join(', ')}`
}

/** Settings of a statement that inserts: it answers when its rows are durable, on every shard it concerns. */
export const durableInsert = {
  async_insert: 0,
  insert_deduplicate: 0,
  distributed_foreground_insert: 1,
} as const
