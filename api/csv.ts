import type { IncomingHttpHeaders } from 'node:http'

export const wantsCsv = ({ headers }: { headers: IncomingHttpHeaders }): boolean =>
  headers.accept?.toLowerCase().includes('text/csv') === true

/** RFC 4180 with a header line. null is an empty cell, anything nested is JSON. */
export function csv(columns: readonly string[], rows: Iterable<readonly unknown[]>): string {
  const lines = [columns.map(cell).join(',')]
  for (const row of rows) lines.push(row.map(cell).join(','))
  return `${lines.join('\r\n')}\r\n`
}

export const csvType = 'text/csv; charset=utf-8; header=present'

function cell(value: unknown): string {
  if (value === null || value === undefined) return ''
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
