import { AppError } from '../../core/errors.ts'
import { inferredCellKind } from './cell-values.ts'
import { CsvReader, delimiterOf, type CsvRow } from './csv-rows.ts'
import type { FileRecord, FileRecords, RecordChunk } from './file-records.ts'
import { TableRows, type TableColumn } from './table-rows.ts'
import type { TableSource } from './table-source.ts'
import { textLines } from './text-lines.ts'

/** Rows that tell what columns hold, and the characters at which that is enough in any case. */
const sampleRows = 1000
const sampleChars = 4 * 1024 * 1024

/**
 * A delimited text file with a header: comma, semicolon, tab or bar, found out by the header. Read
 * here and not by the engine, which gives up a whole file for one row with a cell too many. Empty
 * cells are missing, quoted or not.
 */
export function csvFile(source: TableSource): FileRecords {
  async function* chunks(): AsyncGenerator<RecordChunk> {
    let reading: Reading | null = null
    let header: CsvRow | null = null
    let sample: CsvRow[] = []
    let chars = 0
    let done = 0
    for await (const { rows, bytes } of csvRows(source)) {
      done = bytes
      if (reading !== null) {
        yield { records: reading.read(rows), done }
        continue
      }
      header ??= rows.shift() ?? null
      sample.push(...rows)
      chars += rows.reduce((sum, { text }) => sum + text.length, 0)
      if (header === null || (sample.length < sampleRows && chars < sampleChars)) continue
      reading = new Reading(source, header, sample)
      yield { records: reading.read(sample), done }
      sample = []
    }
    if (reading !== null || header === null) return
    yield { records: new Reading(source, header, sample).read(sample), done }
  }
  return { total: source.identity.sizeBytes, unit: 'bytes', places: 'line', chunks }
}

async function* csvRows({
  path,
  maxRecordBytes,
}: TableSource): AsyncGenerator<{ rows: CsvRow[]; bytes: number }> {
  let reader: CsvReader | null = null
  let bytes = 0
  for await (const chunk of textLines(path, maxRecordBytes)) {
    bytes = chunk.bytes
    const rows: CsvRow[] = []
    for (const line of chunk.lines) {
      if (reader === null && !/\S/.test(line.text)) continue
      reader ??= new CsvReader(delimiterOf(line.text), maxRecordBytes)
      rows.push(...reader.push(line))
    }
    yield { rows, bytes }
  }
  if (reader !== null) yield { rows: reader.end(), bytes }
}

/** Rows after the header, once it is known what their columns are. */
class Reading {
  readonly #width: number
  readonly #table: TableRows
  #row = 0

  constructor(source: TableSource, header: CsvRow, sample: readonly CsvRow[]) {
    if (header.cells === null) {
      const reason = header.problem?.detail ?? ''
      throw new AppError('FILE_INVALID', `${source.path} has no header that can be read: ${reason}`)
    }
    const names = header.cells.map((name) => name.trim())
    this.#width = names.length
    const columns = names.map((name, at): TableColumn => ({
      name,
      kind: inferredCellKind(sample.map(({ cells }) => cells?.[at] ?? null)),
    }))
    this.#table = new TableRows(source.mapping, columns, {
      declared: source.declared,
      defaults: { idPrefix: source.identity.fingerprint, ts: source.identity.modifiedMs },
    })
  }

  read(rows: readonly CsvRow[]): FileRecord[] {
    const records: FileRecord[] = []
    for (const { cells, problem, text, line } of rows) {
      if (cells === null) {
        this.#row++
        records.push({ text, problem, place: line })
      } else if (cells.length === this.#width) {
        const present = cells.map((cell) => (cell === '' || cell === '\\N' ? null : cell))
        this.#table.read(present, { row: this.#row++, place: line }, records)
      } else if (/\S/.test(text)) {
        this.#row++
        const detail = `the row has ${cells.length} cells, the header ${this.#width}`
        records.push({ text, problem: { reason: 'invalid_row', detail }, place: line })
      }
    }
    return records
  }
}
