import { AppError } from '../core/errors.ts'
import type { Page, PageRequest } from './ports.ts'

type KeyPart = 'string' | 'number'

/** A cursor is the last row's sort key, made opaque: nobody should build on its inside. */
export const encodeCursor = (key: readonly (string | number)[]): string =>
  Buffer.from(JSON.stringify(key)).toString('base64url')

/** A sort key as its parts describe it. */
type KeyOf<Parts extends readonly KeyPart[]> = {
  readonly [At in keyof Parts]: Parts[At] extends 'number' ? number : string
}

/** The key inside a cursor, or null for none. A cursor of another list or by another hand is REQUEST_INVALID. */
export function decodeCursor<const Parts extends readonly KeyPart[]>(
  cursor: string | undefined,
  parts: Parts,
): KeyOf<Parts> | null {
  if (cursor === undefined) return null
  const key = parseJson(Buffer.from(cursor, 'base64url').toString('utf8'))
  const valid =
    Array.isArray(key) &&
    key.length === parts.length &&
    parts.every((part, at) => isPart(part, key[at]))
  if (!valid) throw new AppError('REQUEST_INVALID', 'cursor is not one that this list has given')
  return key as unknown as KeyOf<Parts>
}

const isPart = (part: KeyPart, value: unknown): boolean =>
  part === 'number' ? Number.isSafeInteger(value) : typeof value === 'string'

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

/** One page of a query that reads a row more than was asked for, which tells whether there is more. */
export async function readPage<Row, Key>(
  page: PageRequest<Key>,
  keyOf: (row: Row) => Key,
  read: (page: PageRequest<Key>) => Promise<Row[]>,
): Promise<Page<Row, Key>> {
  const found = await read({ ...page, limit: page.limit + 1 })
  const rows = found.slice(0, page.limit)
  const last = rows.at(-1)
  return { rows, next: found.length > page.limit && last !== undefined ? keyOf(last) : null }
}

/** The page as it is published. */
export function pageAnswer<Row, Key extends readonly (string | number)[]>({
  rows,
  next,
}: Page<Row, Key>): { rows: Row[]; next_cursor: string | null } {
  return { rows: [...rows], next_cursor: next === null ? null : encodeCursor(next) }
}
