import fc from 'fast-check'
import { expect, test } from 'vitest'
import { csvRows } from '../../../ingest/formats/csv-payload.ts'

test.each([
  { name: 'one row', text: '6,148,72', rows: [[6, 148, 72]] },
  { name: 'many rows', text: '1,2\n3,4\n', rows: [[1, 2], [3, 4]] }, // prettier-ignore
  { name: 'line ends of Windows', text: '1,2\r\n3,4\r\n', rows: [[1, 2], [3, 4]] }, // prettier-ignore
  { name: 'quotes', text: '1,"a,b","c""d","e\nf"\r\n', rows: [[1, 'a,b', 'c"d', 'e\nf']] },
  { name: 'missing cells', text: ',1,\n', rows: [[null, 1, null]] },
  { name: 'numbers of every form', text: '-1,.5,1e3,+2.', rows: [[-1, 0.5, 1000, 2]] },
  { name: 'text that is no number', text: 'pro,007,0x1f', rows: [['pro', '007', '0x1f']] },
  { name: 'NaN as missing', text: 'NaN,1', rows: [[null, 1]] },
  { name: 'a quoted number as text', text: '"12"', rows: [['12']] },
  { name: 'nothing', text: '\n\n', rows: [] },
])('reads $name', ({ text, rows }) => {
  expect(csvRows(text, 100)).toEqual(rows)
})

test.each(['"a', 'x,"a"b'])('refuses quotes that do not fit: %s', (text) => {
  expect(csvRows(text, 100)).toMatch(/quote/)
})

test('refuses more rows than are allowed', () => {
  expect(csvRows('1\n2\n3\n', 2)).toBe('more than 2 rows')
})

test('rows that were written by the rules are read back', () => {
  const cell = fc.oneof(
    fc.string().map((text) => ({ sent: `"${text.replaceAll('"', '""')}"`, read: text })),
    fc
      .double({ noNaN: true, noDefaultInfinity: true })
      .map((number) => ({ sent: String(number), read: number + 0 })),
  )
  const table = fc.array(fc.array(cell, { minLength: 1, maxLength: 5 }), { maxLength: 5 })
  fc.assert(
    fc.property(table, (rows) => {
      const text = rows.map((row) => row.map(({ sent }) => sent).join(',')).join('\n')
      expect(csvRows(text, 100)).toEqual(rows.map((row) => row.map(({ read }) => read)))
    }),
  )
})
