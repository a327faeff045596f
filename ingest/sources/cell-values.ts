import type { FeatureKind } from '../../core/model-spec.ts'

/** How the cells of a column are understood. */
export type CellKind = 'numeric' | 'boolean' | 'text' | 'list'

const cellKinds: Readonly<Record<FeatureKind, CellKind>> = {
  numeric: 'numeric',
  categorical: 'text',
  boolean: 'boolean',
  text: 'text',
  embedding: 'list',
}

export const cellKindOf = (kind: FeatureKind): CellKind => cellKinds[kind]

const number = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/
// Zip codes and accounts are no numbers, whatever their digits.
const leadingZero = /^0\d+$/
const boolean = /^(true|false)$/i
// How R, pandas and databases write that a number is not there.
const noNumber = new Set(['', 'nan', 'na', 'null', '\\n'])

/** JSON that every reader takes for a number that is none: it counts as invalid, not as missing. */
const invalidNumber = '1e999'

/** A cell as JSON text, or null where it is missing. */
export function cellJson(cell: unknown, kind: CellKind): string | null {
  if (cell === null || cell === undefined) return null
  if (kind === 'numeric') return numberJson(cell)
  if (kind === 'boolean') return booleanJson(cell)
  if (kind === 'list') return listJson(cell)
  return textJson(cell)
}

/** Text, also where the file has a number or a truth value: ids, versions, categories. */
function textJson(cell: unknown): string {
  return JSON.stringify(typeof cell === 'number' || typeof cell === 'boolean' ? String(cell) : cell)
}

function numberJson(cell: unknown): string | null {
  if (typeof cell === 'boolean') return cell ? '1' : '0'
  if (typeof cell !== 'number' && typeof cell !== 'string') return JSON.stringify(cell)
  const text = typeof cell === 'string' ? cell.trim() : cell
  if (typeof text === 'string' && noNumber.has(text.toLowerCase())) return null
  const value = typeof text === 'string' && !number.test(text) ? Infinity : Number(text)
  return Number.isFinite(value) ? String(value) : invalidNumber
}

// Of plain numbers: anything else stands as text, and is of another type than a list.
const numberList = /^\s*\[[\s\d+\-.eE,]*\]\s*$/

/** A list as it is, or as text files write it: `[0.1, -2.5e-3]`. */
function listJson(cell: unknown): string | null {
  if (typeof cell !== 'string') return JSON.stringify(cell)
  if (noNumber.has(cell.trim().toLowerCase())) return null
  return numberList.test(cell) && isJson(cell) ? cell : textJson(cell)
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function booleanJson(cell: unknown): string {
  const text = String(cell).trim().toLowerCase()
  if (text === 'true' || text === '1') return 'true'
  return text === 'false' || text === '0' ? 'false' : textJson(cell)
}

/**
 * Time of a cell as the event's `ts`: ISO 8601, without a zone in UTC, a bare date at midnight; or a
 * number since 1970 whose size tells seconds, milliseconds, micro- and nanoseconds apart. What is
 * neither stays as it is and is refused, with the value, as any event without a usable time.
 */
export function timeJson(cell: unknown): string {
  if (typeof cell === 'number') return epochJson(cell)
  if (typeof cell !== 'string') return JSON.stringify(cell ?? '')
  const text = cell.trim()
  if (/^\d+(\.\d+)?$/.test(text)) return epochJson(Number(text))
  if (/^\d{4}-\d{2}-\d{2}$/.test(text)) return `"${text}T00:00:00Z"`
  const naive = /^(\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?)(?: ?UTC)?$/.exec(
    text,
  )
  return JSON.stringify(naive === null ? text : `${naive[1] ?? ''}Z`)
}

/** Seconds below 10^11 reach the year 5138; as milliseconds they would lie before 1974. */
function epochJson(value: number): string {
  const perMs =
    [1e-3, 1, 1e3, 1e6][[1e11, 1e14, 1e17].filter((limit) => value >= limit).length] ?? 1
  return JSON.stringify(Math.floor(value / perMs))
}

/** Share of the cells of a column that must be numbers; the rest then is invalid, not another type. */
const numericShare = 0.9

/**
 * What a column of text holds, by cells from its beginning: numbers in nine of ten that are there,
 * truth values in all of them, or text.
 */
export function inferredCellKind(cells: Iterable<string | null>): CellKind {
  let seen = 0
  let numbers = 0
  let truths = 0
  for (const cell of cells) {
    const text = (cell ?? '').trim()
    if (noNumber.has(text.toLowerCase())) continue
    if (leadingZero.test(text)) return 'text'
    seen++
    if (number.test(text)) numbers++
    else if (boolean.test(text)) truths++
  }
  if (seen === 0) return 'text'
  if (truths === seen) return 'boolean'
  return numbers >= numericShare * seen ? 'numeric' : 'text'
}
