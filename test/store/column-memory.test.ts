import { tableFromIPC } from 'apache-arrow'
import { expect, test } from 'vitest'
import {
  CategoryColumn,
  IntegerColumn,
  NumberColumn,
  TimeColumn,
} from '../../store/arrow-columns.ts'
import { arrowStream } from '../../store/arrow-stream.ts'
import { ColumnMemory } from '../../store/column-memory.ts'

test('memory comes in powers of two, and the same again once it was given back', () => {
  const memory = new ColumnMemory(1024)
  const first = memory.take(100)
  expect(first.byteLength).toBe(128)
  expect(memory.take(128)).not.toBe(first)
  memory.give(first)
  expect(memory.take(65)).toBe(first)
})

test('no more is kept than was said', () => {
  const memory = new ColumnMemory(200)
  const [first, second] = [memory.take(128), memory.take(128)]
  memory.give(first)
  memory.give(second)
  expect(memory.take(128)).toBe(first)
  expect(memory.take(128)).not.toBe(second)
})

function written(rows: number, set: readonly number[]): unknown[] {
  const number = new NumberColumn('x')
  const category = new CategoryColumn('c')
  const integer = new IntegerColumn('i')
  const time = new TimeColumn('t')
  for (let row = 0; row < rows; row++) time.set(row, 1_795_207_800_000 + row)
  for (const row of set) {
    number.set(row, row / 2)
    category.set(row, `v${row % 3}`)
    integer.set(row, row)
  }
  const columns = [number, category, integer, time]
  const answer = tableFromIPC(Buffer.concat(arrowStream(columns, rows)))
    .toArray()
    .map((row: { toJSON: () => object }) => row.toJSON())
  for (const column of columns) column.release()
  return answer
}

test('columns find nothing of those whose memory they take over', () => {
  const every = Array.from({ length: 5000 }, (_, row) => row)
  expect(written(5000, every)[4999]).toEqual({ x: 2499.5, c: 'v1', i: 4999, t: 1_795_207_804_999 })
  const rows = written(3000, [7, 2500])
  expect(rows[7]).toMatchObject({ x: 3.5, c: 'v1', i: 7 })
  expect(rows[2500]).toMatchObject({ x: 1250, c: 'v1', i: 2500 })
  const others = rows.filter((_, row) => row !== 7 && row !== 2500)
  for (const row of others) expect(row).toMatchObject({ x: null, c: null, i: 0 })
})
