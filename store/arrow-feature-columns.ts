import { Field, Float32, List, makeData, type Data, type Utf8 } from 'apache-arrow'
import { utf8, type ArrowColumn } from './arrow-stream.ts'

/** Text that mostly differs from row to row; null where nobody wrote. */
export class NullableTextColumn implements ArrowColumn {
  readonly name: string
  readonly #values: (string | null)[] = []

  constructor(name: string) {
    this.name = name
  }

  set(row: number, value: string): void {
    while (this.#values.length < row) this.#values.push(null)
    this.#values[row] = value
  }

  clear(row: number): void {
    if (row < this.#values.length) this.#values.length = row
  }

  data(rows: number): Data {
    const bitmap = new Uint8Array((rows + 7) >> 3)
    let nulls = 0
    const texts = Array.from({ length: rows }, (_, i) => {
      const value = this.#values[i] ?? null
      if (value === null) nulls++
      else bitmap[i >> 3]! |= 1 << (i & 7)
      return value ?? ''
    })
    const data = utf8(texts)
    if (nulls === 0) return data
    return makeData<Utf8>({
      type: data.type,
      length: rows,
      nullCount: nulls,
      valueOffsets: data.valueOffsets,
      data: data.values,
      nullBitmap: bitmap,
    })
  }
}

/** Lists of single-precision numbers; empty where nobody wrote. Rows must be written in order. */
export class NumberListColumn implements ArrowColumn {
  readonly name: string
  #values: Float32Array = new Float32Array(0)
  /** Where the list of each row ends. */
  readonly #ends: number[] = []

  constructor(name: string) {
    this.name = name
  }

  set(row: number, values: readonly number[]): void {
    this.clear(row)
    const from = this.#fillTo(row)
    if (from + values.length > this.#values.length) this.#grow(from + values.length)
    this.#values.set(values, from)
    this.#ends.push(from + values.length)
  }

  clear(row: number): void {
    if (row < this.#ends.length) this.#ends.length = row
  }

  data(rows: number): Data {
    this.#fillTo(rows)
    const valueOffsets = new Int32Array(rows + 1)
    for (let i = 0; i < rows; i++) valueOffsets[i + 1] = this.#ends[i] ?? 0
    const length = valueOffsets[rows] ?? 0
    const data = this.#values.subarray(0, length)
    return makeData({
      type: new List(new Field('item', new Float32())),
      length: rows,
      nullCount: 0,
      valueOffsets,
      child: makeData({ type: new Float32(), length, nullCount: 0, data }),
    })
  }

  /** Empty lists up to that row; answers where the next one starts. */
  #fillTo(row: number): number {
    const end = this.#ends.at(-1) ?? 0
    while (this.#ends.length < row) this.#ends.push(end)
    return end
  }

  #grow(length: number): void {
    const grown = new Float32Array(Math.max(length, this.#values.length * 2, 1024))
    grown.set(this.#values)
    this.#values = grown
  }
}
