import { describe, expect, test } from 'vitest'
import fc from 'fast-check'
import { createTimestampReader } from '../../ingest/timestamps.ts'

const read = createTimestampReader()

describe('instants that are read', () => {
  test.each([
    ['2026-11-20T21:00:00.123Z', Date.UTC(2026, 10, 20, 21, 0, 0, 123)],
    ['2026-11-20T21:00:00Z', Date.UTC(2026, 10, 20, 21)],
    ['2026-11-20T21:00Z', Date.UTC(2026, 10, 20, 21)],
    ['2026-11-20 21:00:00.123456789+00:00', Date.UTC(2026, 10, 20, 21, 0, 0, 123)],
    ['2026-11-20T21:00:00+02:00', Date.UTC(2026, 10, 20, 19)],
    ['2026-11-20T21:00:00-0530', Date.UTC(2026, 10, 21, 2, 30)],
    ['2024-02-29T00:00:00Z', Date.UTC(2024, 1, 29)],
    [1_780_000_000_123, 1_780_000_000_123],
    [1_780_000_000_123.9, 1_780_000_000_123],
  ])('%s', (value, expected) => {
    expect(read(value)).toBe(expected)
  })

  test('any instant survives the way to ISO text and back', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date(0), max: new Date('2099-12-31'), noInvalidDate: true }),
        (date) => {
          expect(read(date.toISOString())).toBe(date.getTime())
        },
      ),
    )
  })
})

describe('instants that are none', () => {
  test.each([
    ['a local time without a zone', '2026-11-20T21:00:00'],
    ['a day that does not exist', '2026-02-31T00:00:00Z'],
    ['the same on the short path', '2026-02-30T00:00:00.000Z'],
    ['an hour that does not exist', '2026-11-20T25:00:00Z'],
    ['a minute that does not exist', '2026-11-20T21:60:00.000Z'],
    ['digits that are none', '2026-11-20T2a:00:00.000Z'],
    ['a year alone', '2026'],
    ['text', 'yesterday'],
    ['an infinity', Infinity],
    ['NaN', NaN],
    ['a boolean', true],
    ['an object', {}],
    ['a zone off the map', '2026-11-20T21:00:00+99:00'],
  ])('%s', (_, value) => {
    expect(read(value)).toBeNaN()
  })
})
