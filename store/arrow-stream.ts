import {
  AsyncByteQueue,
  Field,
  RecordBatch,
  RecordBatchStreamWriter,
  Schema,
  Struct,
  Utf8,
  makeData,
  type Data,
} from 'apache-arrow'

/**
 * Columns of one batch, written cell by cell at a row number and turned into Arrow at the end.
 * A cell nobody wrote is null (or the column's default), so a row costs only what it holds, and a
 * row that is given up after all is taken back by `clear`.
 */
export interface ArrowColumn {
  readonly name: string
  clear: (row: number) => void
  data: (rows: number) => Data
  /** Gives up all rows and the memory they took, which what `data` answered lies in. */
  release?: () => void
}

/** One Arrow IPC stream of one record batch, in pieces that lie in the columns' own memory. */
export function arrowStream(columns: readonly ArrowColumn[], rows: number): Uint8Array[] {
  const children = columns.map((column) => column.data(rows))
  const schema = new Schema(
    columns.map((column, i) => new Field(column.name, children[i]!.type, true)),
  )
  const struct = makeData({ type: new Struct(schema.fields), length: rows, nullCount: 0, children })
  const pieces = new Pieces()
  const writer = new RecordBatchStreamWriter()
  writer.reset(pieces, schema)
  writer.write(new RecordBatch(schema, struct))
  writer.finish()
  return pieces.all()
}

/** Takes what a writer writes as it is: joining it would be one more copy of every batch. */
class Pieces extends AsyncByteQueue {
  readonly #pieces: Uint8Array[] = []
  readonly #small: Uint8Array[] = []

  override write(piece: Uint8Array): void {
    // Headers and padding are hundreds of pieces of a few bytes.
    if (piece.byteLength < 4096) this.#small.push(piece)
    else {
      this.#join()
      this.#pieces.push(piece)
    }
  }

  all(): Uint8Array[] {
    this.#join()
    return this.#pieces
  }

  #join(): void {
    if (this.#small.length > 0) this.#pieces.push(Buffer.concat(this.#small))
    this.#small.length = 0
  }
}

/** One joined buffer, and offsets by length where all is ASCII: Arrow's own builder is ten times slower. */
export function utf8(values: readonly string[]): Data<Utf8> {
  let joined = values.join('')
  if (joined.includes('\0')) {
    // ClickHouse keeps a NUL; terminals, C strings and other readers of the table do not.
    values = values.map((value) => value.replaceAll('\0', '\uFFFD'))
    joined = values.join('')
  }
  let data = Buffer.from(joined, 'utf8')
  const ascii = data.length === joined.length
  if (!ascii) {
    // Two lone surrogates side by side would join into one character that belongs to neither.
    values = values.map((value) => value.toWellFormed())
    joined = values.join('')
    data = Buffer.from(joined, 'utf8')
  }
  const valueOffsets = new Int32Array(values.length + 1)
  let end = 0
  for (let i = 0; i < values.length; i++) {
    end += ascii ? values[i]!.length : Buffer.byteLength(values[i]!, 'utf8')
    valueOffsets[i + 1] = end
  }
  return makeData({ type: new Utf8(), length: values.length, nullCount: 0, valueOffsets, data })
}

/** Offsets of lists whose items belong to ascending `itemRows`. */
export function offsetsOf(itemRows: readonly number[], rows: number): Int32Array {
  const offsets = new Int32Array(rows + 1)
  for (const row of itemRows) offsets[row + 1]!++
  for (let i = 0; i < rows; i++) offsets[i + 1]! += offsets[i]!
  return offsets
}
