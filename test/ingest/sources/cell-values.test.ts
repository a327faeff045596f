import { expect, test } from 'vitest'
import { cellJson, inferredCellKind, timeJson } from '../../../ingest/sources/cell-values.ts'

test.each([
  ['1.50', '1.5'],
  [' -7 ', '-7'],
  ['1e3', '1000'],
  ['+.5', '0.5'],
  ['', null],
  ['NaN', null],
  ['NA', null],
  ['null', null],
  ['n/a', '1e999'],
  ['1,5', '1e999'],
  ['0x10', '1e999'],
  ['inf', '1e999'],
  ['1e400', '1e999'],
  [2.5, '2.5'],
  [true, '1'],
  [null, null],
  [[1, 2], '[1,2]'],
])('the number %j is %j', (cell, json) => {
  expect(cellJson(cell, 'numeric')).toBe(json)
})

test.each([
  [[1.5, -2], '[1.5,-2]'],
  [[], '[]'],
  ['[0.5, -2e-3]', '[0.5, -2e-3]'],
  [' [] ', ' [] '],
  ['[1, 2', '"[1, 2"'],
  ['[1, .5]', '"[1, .5]"'],
  ['["a"]', '"[\\"a\\"]"'],
  ['1 2', '"1 2"'],
  ['', null],
  ['null', null],
  [null, null],
])('the list %j is %j', (cell, json) => {
  expect(cellJson(cell, 'list')).toBe(json)
})

test.each([
  ['True', 'true'],
  ['0', 'false'],
  [true, 'true'],
  ['maybe', '"maybe"'],
])('the truth value %j is %j', (cell, json) => {
  expect(cellJson(cell, 'boolean')).toBe(json)
})

test.each([
  ['2024-05-01', '2024-05-01T00:00:00Z'],
  ['2024-05-01 10:00', '2024-05-01 10:00Z'],
  ['2024-05-01T10:00:00.123456', '2024-05-01T10:00:00.123456Z'],
  ['2024-05-01 10:00:00 UTC', '2024-05-01 10:00:00Z'],
  ['2024-05-01T10:00:00+02:00', '2024-05-01T10:00:00+02:00'],
  ['1714557600', 1_714_557_600_000],
  ['1714557600.25', 1_714_557_600_250],
  [1_714_557_600_000, 1_714_557_600_000],
  ['1714557600000123', 1_714_557_600_000],
  [1_714_557_600_000_123_000, 1_714_557_600_000],
  ['', ''],
  [null, ''],
  ['1 May', '1 May'],
])('the time %j is sent as %j', (cell, ts) => {
  expect(JSON.parse(timeJson(cell))).toBe(ts)
})

const nine = ['1', '2', '3.5', '-4', '5e1', '6', '7', '8', '9']

test.each([
  ['numbers', nine, 'numeric'],
  ['one in ten that is none', [...nine, 'n/a'], 'numeric'],
  ['two in eleven', [...nine, 'n/a', 'x'], 'text'],
  ['numbers that begin with zero', [...nine, '01'], 'text'],
  ['a plain zero and a fraction', ['0', '0.5'], 'numeric'],
  ['truth values and gaps', ['true', null, 'False'], 'boolean'],
  ['nothing', ['', null, 'NaN'], 'text'],
])('a column of %s is understood', (_, cells, kind) => {
  expect(inferredCellKind(cells)).toBe(kind)
})
