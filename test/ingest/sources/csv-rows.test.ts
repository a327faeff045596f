import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CsvReader, delimiterOf, type CsvRow } from '../../../ingest/sources/csv-rows.ts'

function read(text: string, delimiter = ',', maxRowChars = 1000): CsvRow[] {
  const reader = new CsvReader(delimiter, maxRowChars)
  const rows = text.split('\n').flatMap((line) => reader.push({ text: line, problem: null }))
  return [...rows, ...reader.end()]
}

const cellsOf = (rows: readonly CsvRow[]) => rows.map(({ cells, text }) => cells ?? `bad: ${text}`)

test('whatever cells are written, quoted as the rules say, are read', () => {
  const cell = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', ' ', 'é', '\\') })
  const row = fc.array(cell, { minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 5 }), (rows) => {
      const quoted = rows.map((cells) => cells.map((text) => `"${text.replaceAll('"', '""')}"`))
      expect(cellsOf(read(quoted.map((cells) => cells.join(',')).join('\r\n')))).toEqual(rows)
    }),
  )
})

test('no line is lost or read twice, whatever stands in it', () => {
  const line = fc.string({ unit: fc.constantFrom('a', '"', ',', ' '), maxLength: 6 })
  fc.assert(
    fc.property(fc.array(line, { minLength: 1, maxLength: 8 }), (lines) => {
      const rows = read(lines.join('\n'), ',', 12)
      expect(rows.map(({ text }) => text).join('\n')).toBe(lines.join('\n'))
      let next = 1
      for (const { line: at, text } of rows) {
        expect(at).toBe(next)
        next += text.split('\n').length
      }
    }),
  )
})

test('a quote inside a cell that does not begin with one is a character', () => {
  expect(cellsOf(read('5" pipe,6\' rod\n1,2'))).toEqual([
    ['5" pipe', "6' rod"],
    ['1', '2'],
  ])
})

test.each([
  ['is never closed', 'a,"b\nc,d\ne,f', ['bad: a,"b', ['c', 'd'], ['e', 'f']]],
  ['is followed by text', '"a"b,c\nd,e', ['bad: "a"b,c', ['d', 'e']]],
  ['stays open for too long', `a,"b\n${'c,d\n'.repeat(300)}e,f`, ['bad: a,"b', ['c', 'd']]],
])('a quote that %s costs its own line only', (_, text, expected) => {
  expect(cellsOf(read(text)).slice(0, expected.length)).toEqual(expected)
})

test('a damaged line ends what is open before it, and is itself a bad row', () => {
  const reader = new CsvReader(',', 1000)
  const problem = { reason: 'invalid_encoding', detail: 'no UTF-8' } as const
  const rows = [
    ...reader.push({ text: 'a,"b', problem: null }),
    ...reader.push({ text: 'x', problem }),
    ...reader.push({ text: 'c,d', problem: null }),
  ]
  expect(rows.map(({ line, problem: found }) => [line, found?.reason])).toEqual([
    [1, 'invalid_row'],
    [2, 'invalid_encoding'],
    [3, undefined],
  ])
})

test.each([
  ['a,b,c', ','],
  ['a;b;"c,d,e,f"', ';'],
  ['a\tb', '\t'],
  ['a|b|c', '|'],
  ['alone', ','],
])('the delimiter of %j is %j', (header, delimiter) => {
  expect(delimiterOf(header)).toBe(delimiter)
})
