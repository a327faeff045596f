import {
  Binary,
  Dictionary,
  Field,
  Float64,
  Int32,
  List,
  Map_,
  Struct,
  TimestampMillisecond,
  Utf8,
  makeData,
  makeVector,
  type Data,
} from 'apache-arrow'
import { offsetsOf, utf8, type ArrowColumn } from './arrow-stream.ts'

/** A value that holds from one row until the next run begins. */
export interface Run<T> {
  readonly from: number
  readonly value: T
}

/** A column that changes rarely: runs in ascending order, the first from row 0. */
export function runColumn(name: string, runs: readonly Run<string | number>[]): ArrowColumn {
  const numeric = typeof runs[0]?.value === 'number'
  return {
    name,
    clear: () => undefined,
    data: (rows) => (numeric ? numberRuns(runs, rows) : textRuns(runs, rows)),
  }
}

function textRuns(runs: readonly Run<string | number>[], rows: number): Data {
  const distinct = [...new Set(runs.map(({ value }) => String(value)))]
  const codes = new Int32Array(rows)
  for (const { from, value } of runs) codes.fill(distinct.indexOf(String(value)), from)
  return makeData({
    type: new Dictionary(new Utf8(), new Int32()),
    length: rows,
    nullCount: 0,
    data: codes,
    dictionary: makeVector(utf8(distinct)),
  })
}

function numberRuns(runs: readonly Run<string | number>[], rows: number): Data {
  const values = new Int32Array(rows)
  for (const { from, value } of runs) values.fill(Number(value), from)
  return makeData({ type: new Int32(), length: rows, nullCount: 0, data: values })
}

/** The same instant in every row. */
export function constantTime(name: string, epochMs: number): ArrowColumn {
  return {
    name,
    clear: () => undefined,
    data: (rows) =>
      makeData({
        type: new TimestampMillisecond('UTC'),
        length: rows,
        nullCount: 0,
        data: new BigInt64Array(rows).fill(BigInt(epochMs)),
      }),
  }
}

/** Bytes as they are, a row each. */
export function bytesColumn(name: string, values: readonly Buffer[]): ArrowColumn {
  return {
    name,
    clear: () => undefined,
    data: (rows) => {
      const valueOffsets = new Int32Array(rows + 1)
      values.forEach(({ length }, i) => (valueOffsets[i + 1] = valueOffsets[i]! + length))
      return makeData({
        type: new Binary(),
        length: rows,
        nullCount: 0,
        valueOffsets,
        data: Buffer.concat(values),
      })
    },
  }
}

/** Lists of text, sparse: rows that nobody appended to are empty. Rows must be written in order. */
export class TextListColumn implements ArrowColumn {
  readonly name: string
  readonly #rows: number[] = []
  readonly #values: string[] = []

  constructor(name: string) {
    this.name = name
  }

  append(row: number, value: string): void {
    this.#rows.push(row)
    this.#values.push(value)
  }

  clear(row: number): void {
    while (this.#rows.length > 0 && this.#rows.at(-1) === row) {
      this.#rows.pop()
      this.#values.pop()
    }
  }

  data(rows: number): Data {
    return makeData({
      type: new List(new Field('item', new Utf8())),
      length: rows,
      nullCount: 0,
      valueOffsets: offsetsOf(this.#rows, rows),
      child: utf8(this.#values),
    })
  }
}

/** Maps from text to text or number, sparse like TextListColumn. */
export class MapColumn<Value extends string | number> implements ArrowColumn {
  readonly name: string
  readonly #valueType: 'text' | 'number'
  readonly #rows: number[] = []
  readonly #keys: string[] = []
  readonly #values: Value[] = []

  constructor(name: string, valueType: Value extends string ? 'text' : 'number') {
    this.name = name
    this.#valueType = valueType
  }

  append(row: number, key: string, value: Value): void {
    this.#rows.push(row)
    this.#keys.push(key)
    this.#values.push(value)
  }

  clear(row: number): void {
    while (this.#rows.length > 0 && this.#rows.at(-1) === row) {
      this.#rows.pop()
      this.#keys.pop()
      this.#values.pop()
    }
  }

  data(rows: number): Data {
    const valueType = this.#valueType === 'text' ? new Utf8() : new Float64()
    const entries = new Struct<{ key: Utf8; value: Utf8 | Float64 }>([
      new Field<Utf8>('key', new Utf8(), false),
      new Field<Utf8 | Float64>('value', valueType, false),
    ])
    const values =
      this.#valueType === 'text'
        ? utf8(this.#values.map(String))
        : makeData({
            type: new Float64(),
            length: this.#values.length,
            nullCount: 0,
            data: Float64Array.from(this.#values, Number),
          })
    return makeData({
      type: new Map_(new Field('entries', entries, false)),
      length: rows,
      nullCount: 0,
      valueOffsets: offsetsOf(this.#rows, rows),
      child: makeData({
        type: entries,
        length: this.#keys.length,
        nullCount: 0,
        children: [utf8(this.#keys), values],
      }),
    } as unknown as Parameters<typeof makeData>[0])
  }
}
