const number = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/
// A zip code or an account is no number, whatever its digits.
const leadingZero = /^[+-]?0\d/

/**
 * Rows of a CSV payload without a header (RFC 4180: quotes around a cell, doubled inside it), or what
 * is wrong with it. A cell that reads as a number is one, an empty one is null, and a quoted one text.
 * Blank lines are none. One pass, never more rows than `maxRows`.
 */
export function csvRows(text: string, maxRows: number): unknown[][] | string {
  const rows: unknown[][] = []
  let row: unknown[] = []
  let at = 0
  while (at < text.length) {
    const cell = readCell(text, at)
    if (cell === null) return 'a quote that is never closed, or text after a closing one'
    row.push(cell.value)
    at = cell.end + 1
    if (text[cell.end] === ',' && at < text.length) continue
    if (text[cell.end] === ',') row.push(null)
    if (!isBlank(row)) rows.push(row)
    if (rows.length > maxRows) return `more than ${maxRows} rows`
    row = []
  }
  return rows
}

const isBlank = (row: readonly unknown[]): boolean => row.length === 1 && row[0] === null

/** The cell that starts here, and the place of the comma or line break after it. */
function readCell(text: string, from: number): { value: unknown; end: number } | null {
  if (text[from] === '"') return readQuoted(text, from)
  let end = from
  while (end < text.length && text[end] !== ',' && text[end] !== '\n') end++
  return { value: cellValue(text.slice(from, end).trim()), end }
}

function readQuoted(text: string, from: number): { value: unknown; end: number } | null {
  let close = text.indexOf('"', from + 1)
  while (close >= 0 && text[close + 1] === '"') close = text.indexOf('"', close + 2)
  if (close < 0) return null
  let end = close + 1
  if (text[end] === '\r') end++
  if (end < text.length && text[end] !== ',' && text[end] !== '\n') return null
  return { value: text.slice(from + 1, close).replaceAll('""', '"'), end }
}

/** What producers write for a number that is not there counts as missing, as bare NaN in JSON does. */
function cellValue(cell: string): unknown {
  if (cell === '' || /^nan$/i.test(cell)) return null
  return number.test(cell) && !leadingZero.test(cell) ? Number(cell) : cell
}
