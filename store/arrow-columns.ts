import {
  Dictionary,
  Float64,
  Int32,
  Int64,
  TimestampMillisecond,
  Uint64,
  Utf8,
  makeData,
  makeVector,
  type Data,
} from 'apache-arrow'
import { utf8, type ArrowColumn } from './arrow-stream.ts'
import { columnMemory } from './column-memory.ts'

const startRows = 1024

/** A larger copy, `filler` in what is new; the memory of the old one goes to whoever needs some next. */
function grown<Cells extends Float64Array<ArrayBuffer> | Int32Array<ArrayBuffer>>(
  cells: Cells,
  length: number,
  filler: number,
): Cells {
  const wanted = Math.max(startRows, length, 2 * cells.length)
  const memory = columnMemory.take(wanted * cells.BYTES_PER_ELEMENT)
  const larger = new (cells.constructor as new (memory: ArrayBuffer) => Cells)(memory)
  larger.set(cells)
  larger.fill(filler, cells.length)
  columnMemory.give(cells.buffer)
  return larger
}

/** Numbers, NaN standing for null: what is stored is finite. */
export class NumberColumn implements ArrowColumn {
  readonly name: string
  #values = new Float64Array(0)

  constructor(name: string) {
    this.name = name
  }

  set(row: number, value: number): void {
    if (row >= this.#values.length) this.#grow(row)
    this.#values[row] = value
  }

  clear(row: number): void {
    if (row < this.#values.length) this.#values[row] = NaN
  }

  /** The first rows as they stand, NaN for null; theirs until a row is written again. */
  read(rows: number): Float64Array {
    if (rows > this.#values.length) this.#grow(rows)
    return this.#values.subarray(0, rows)
  }

  data(rows: number): Data {
    if (rows > this.#values.length) this.#grow(rows)
    const values = this.#values.subarray(0, rows)
    const bitmap = new Uint8Array((rows + 7) >> 3)
    let nulls = 0
    for (let i = 0; i < rows; i++) {
      // NaN alone differs from itself.
      if (values[i] === values[i]) bitmap[i >> 3]! |= 1 << (i & 7)
      else nulls++
    }
    return makeData({
      type: new Float64(),
      length: rows,
      nullCount: nulls,
      data: values,
      ...(nulls === 0 ? {} : { nullBitmap: bitmap }),
    })
  }

  release(): void {
    columnMemory.give(this.#values.buffer)
    this.#values = new Float64Array(0)
  }

  #grow(row: number): void {
    this.#values = grown(this.#values, row + 1, NaN)
  }
}

/** Text of few distinct values: each is sent once. */
export class CategoryColumn implements ArrowColumn {
  readonly name: string
  #codes = new Int32Array(0)
  readonly #codeOf = new Map<string, number>()
  readonly #fallback: number

  /** `fallback` is the value of rows that nobody wrote; null without one. */
  constructor(name: string, fallback: string | null = null) {
    this.name = name
    this.#fallback = fallback === null ? -1 : this.#code(fallback)
  }

  set(row: number, value: string): void {
    if (row >= this.#codes.length) this.#grow(row)
    this.#codes[row] = this.#codeOf.get(value) ?? this.#code(value)
  }

  clear(row: number): void {
    if (row < this.#codes.length) this.#codes[row] = -1
  }

  /** The first rows as places in `values`, -1 where nobody wrote; not after `data`, which changes them. */
  read(rows: number): { readonly codes: Int32Array; readonly values: readonly string[] } {
    if (rows > this.#codes.length) this.#grow(rows)
    return { codes: this.#codes.subarray(0, rows), values: [...this.#codeOf.keys()] }
  }

  data(rows: number): Data {
    if (rows > this.#codes.length) this.#grow(rows)
    const codes = this.#codes.subarray(0, rows)
    const bitmap = new Uint8Array((rows + 7) >> 3)
    let nulls = 0
    for (let i = 0; i < rows; i++) {
      if (codes[i]! < 0) codes[i] = this.#fallback
      if (codes[i]! < 0) {
        codes[i] = 0
        nulls++
      } else bitmap[i >> 3]! |= 1 << (i & 7)
    }
    return makeData({
      type: new Dictionary(new Utf8(), new Int32()),
      length: rows,
      nullCount: nulls,
      data: codes,
      dictionary: makeVector(utf8([...this.#codeOf.keys()])),
      ...(nulls === 0 ? {} : { nullBitmap: bitmap }),
    })
  }

  #code(value: string): number {
    const code = this.#codeOf.size
    this.#codeOf.set(value, code)
    return code
  }

  release(): void {
    columnMemory.give(this.#codes.buffer)
    this.#codes = new Int32Array(0)
  }

  #grow(row: number): void {
    this.#codes = grown(this.#codes, row + 1, -1)
  }
}

/** Text that mostly differs from row to row; '' where nobody wrote. */
export class TextColumn implements ArrowColumn {
  readonly name: string
  readonly #values: string[] = []

  constructor(name: string) {
    this.name = name
  }

  set(row: number, value: string): void {
    while (this.#values.length < row) this.#values.push('')
    this.#values[row] = value
  }

  clear(row: number): void {
    if (row < this.#values.length) this.#values.length = row
  }

  data(rows: number): Data {
    while (this.#values.length < rows) this.#values.push('')
    return utf8(this.#values)
  }
}

/** Instants, epoch milliseconds. */
export class TimeColumn implements ArrowColumn {
  readonly name: string
  #halves = new Int32Array(0)

  constructor(name: string) {
    this.name = name
  }

  set(row: number, epochMs: number): void {
    if (2 * row >= this.#halves.length) this.#halves = grown(this.#halves, 2 * row + 2, 0)
    // Two 32-bit halves spare a BigInt a row.
    this.#halves[2 * row] = epochMs % 4_294_967_296
    this.#halves[2 * row + 1] = Math.floor(epochMs / 4_294_967_296)
  }

  clear(): void {
    // Overwritten by the row that takes this one's place: an instant is written for every row.
  }

  data(rows: number): Data {
    if (2 * rows > this.#halves.length) this.#halves = grown(this.#halves, 2 * rows, 0)
    return makeData({
      type: new TimestampMillisecond('UTC'),
      length: rows,
      nullCount: 0,
      data: new BigInt64Array(this.#halves.buffer, 0, rows),
    })
  }

  release(): void {
    columnMemory.give(this.#halves.buffer)
    this.#halves = new Int32Array(0)
  }
}

/** Small whole numbers; 0 where nobody wrote. */
export class IntegerColumn implements ArrowColumn {
  readonly name: string
  #values = new Int32Array(0)

  constructor(name: string) {
    this.name = name
  }

  set(row: number, value: number): void {
    if (row >= this.#values.length) this.#values = grown(this.#values, row + 1, 0)
    this.#values[row] = value
  }

  clear(row: number): void {
    if (row < this.#values.length) this.#values[row] = 0
  }

  data(rows: number): Data {
    const padded = new Int32Array(rows)
    padded.set(this.#values.subarray(0, rows))
    return makeData({ type: new Int32(), length: rows, nullCount: 0, data: padded })
  }

  get(row: number): number {
    return this.#values[row] ?? 0
  }

  release(): void {
    columnMemory.give(this.#values.buffer)
    this.#values = new Int32Array(0)
  }
}

/** The column as whole numbers up to 2^53: each value with the base of the run that it lies in. */
export function basedColumn(
  column: IntegerColumn,
  bases: readonly { readonly from: number; readonly value: number }[],
): ArrowColumn {
  return {
    name: column.name,
    clear: (row) => {
      column.clear(row)
    },
    data: (rows) => {
      const halves = new Int32Array(2 * rows)
      bases.forEach(({ from, value: base }, at) => {
        const end = Math.min(rows, bases[at + 1]?.from ?? rows)
        for (let i = from; i < end; i++) {
          const value = base + column.get(i)
          // Two 32-bit halves spare a BigInt a row.
          halves[2 * i] = value % 4_294_967_296
          halves[2 * i + 1] = Math.floor(value / 4_294_967_296)
        }
      })
      const data = new BigInt64Array(halves.buffer)
      return makeData({ type: new Int64(), length: rows, nullCount: 0, data })
    },
  }
}

/** Whole counts up to 2^53; 0 where nobody wrote. */
export class CountColumn implements ArrowColumn {
  readonly name: string
  readonly #values: number[] = []

  constructor(name: string) {
    this.name = name
  }

  set(row: number, value: number): void {
    this.#values[row] = value
  }

  clear(row: number): void {
    this.#values[row] = 0
  }

  data(rows: number): Data {
    const values = new BigUint64Array(rows)
    for (let i = 0; i < rows; i++) values[i] = BigInt(this.#values[i] ?? 0)
    return makeData({ type: new Uint64(), length: rows, nullCount: 0, data: values })
  }
}
