import type { SlicedAnswer } from './sliced-query.ts'

/**
 * An answer as CSV (RFC 4180, a header line first). Text that a spreadsheet would take for a formula
 * gets a leading apostrophe: categories come from whoever sends events, and analysts open the file.
 */
export function toCsv({ columns, rows }: Pick<SlicedAnswer, 'columns' | 'rows'>): string {
  const lines = [columns.map(({ name }) => name), ...rows]
  return lines.map((line) => `${line.map(csvField).join(',')}\r\n`).join('')
}

function csvField(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (typeof value !== 'string') return JSON.stringify(value)
  const inert = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert
}
