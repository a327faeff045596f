import type { FileRecord } from './file-records.ts'
import type { TextLine } from './text-lines.ts'

export interface CsvRow {
  /** Null where `problem` says why there are none. */
  readonly cells: readonly string[] | null
  readonly problem: FileRecord['problem']
  /** The row as it stands in the file. */
  readonly text: string
  /** Line that it starts in, from 1. */
  readonly line: number
}

/** Lines of one row: a quote that opens by mistake must not swallow the file. */
const maxRowLines = 1000

/**
 * Rows of delimited text (RFC 4180: quotes around a cell, doubled inside it, line breaks between them).
 * Where a row breaks the rules, its first line alone is the bad row, and reading goes on with the next
 * line: one bad line costs only itself.
 */
export class CsvReader {
  readonly #delimiter: string
  readonly #maxRowChars: number
  #open: string[] = []
  #openChars = 0
  #line = 0

  constructor(delimiter: string, maxRowChars: number) {
    this.#delimiter = delimiter
    this.#maxRowChars = maxRowChars
  }

  push({ text, problem }: TextLine): CsvRow[] {
    if (problem === null) return this.#take([text])
    const rows = this.end()
    this.#line++
    rows.push({ cells: null, problem, text, line: this.#line })
    return rows
  }

  /** What is still open when no more lines come. */
  end(): CsvRow[] {
    const rows: CsvRow[] = []
    while (this.#open.length > 0) {
      const { bad, rest } = this.#giveUp('a quote opens here and is never closed')
      rows.push(bad, ...this.#take(rest))
    }
    return rows
  }

  #take(lines: readonly string[]): CsvRow[] {
    const rows: CsvRow[] = []
    const queue = [...lines]
    for (let text = queue.shift(); text !== undefined; text = queue.shift()) {
      const row = this.#add(text)
      if (row === null) continue
      if (Array.isArray(row)) {
        rows.push(this.#finish(row))
        continue
      }
      const { bad, rest } = this.#giveUp(row)
      rows.push(bad)
      queue.unshift(...rest)
    }
    return rows
  }

  /** The cells once the row is whole, null while it goes on, or what is wrong with it. */
  #add(line: string): string[] | string | null {
    this.#line++
    const goesOn = this.#open.length > 0
    this.#open.push(line)
    this.#openChars += line.length + 1
    if (!goesOn || line.includes('"')) {
      const cells = parseRow(this.#open.join('\n'), this.#delimiter)
      if (cells !== null) return cells
    }
    if (this.#open.length <= maxRowLines && this.#openChars <= this.#maxRowChars) return null
    return 'a quote opens here and is not closed in time'
  }

  #finish(cells: readonly string[]): CsvRow {
    const text = this.#open.join('\n')
    const line = this.#line - this.#open.length + 1
    this.#reset()
    return { cells, problem: null, text, line }
  }

  #giveUp(detail: string): { bad: CsvRow; rest: string[] } {
    const [text = '', ...rest] = this.#open
    const line = this.#line - rest.length
    this.#reset()
    // The rest is read once more.
    this.#line = line
    return { bad: { cells: null, problem: { reason: 'invalid_row', detail }, text, line }, rest }
  }

  #reset(): void {
    this.#open = []
    this.#openChars = 0
  }
}

/** Cells of one row; null where it ends inside quotes; what is wrong where it is no row. */
function parseRow(row: string, delimiter: string): string[] | string | null {
  const text = row.endsWith('\r') ? row.slice(0, -1) : row
  if (!text.includes('"')) return text.split(delimiter)
  const cells: string[] = []
  for (let at = 0; ; at++) {
    if (text[at] !== '"') {
      const found = text.indexOf(delimiter, at)
      cells.push(text.slice(at, found < 0 ? text.length : found))
      if (found < 0) return cells
      at = found
      continue
    }
    const end = closingQuote(text, at + 1)
    if (end < 0) return null
    cells.push(text.slice(at + 1, end).replaceAll('""', '"'))
    at = end + 1
    if (at === text.length) return cells
    if (text[at] !== delimiter) return 'text follows a closing quote'
  }
}

function closingQuote(text: string, from: number): number {
  for (let at = text.indexOf('"', from); at >= 0; at = text.indexOf('"', at + 2)) {
    if (text[at + 1] !== '"') return at
  }
  return -1
}

/** Of comma, semicolon, tab and bar the one that the header holds most of, outside its quotes. */
export function delimiterOf(header: string): string {
  const bare = header.replaceAll(/"[^"]*"/g, '')
  const count = (delimiter: string): number => bare.split(delimiter).length
  return [',', ';', '\t', '|'].reduce((best, other) => (count(other) > count(best) ? other : best))
}
