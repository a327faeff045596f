import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createLocalTimeReader } from '../../../ingest/formats/local-time.ts'

test.each([
  { zone: '+02:00', text: '2026-11-20T21:00:00.1', utc: '2026-11-20T19:00:00.100Z' },
  { zone: '-0530', text: '2026-11-20 21:00', utc: '2026-11-21T02:30:00.000Z' },
  { zone: 'UTC', text: '2026-11-20T21:00:00.123456', utc: '2026-11-20T21:00:00.123Z' },
  { zone: 'Europe/Berlin', text: '2026-07-01T12:00:00', utc: '2026-07-01T10:00:00.000Z' },
  { zone: 'Europe/Berlin', text: '2026-12-01T12:00:00', utc: '2026-12-01T11:00:00.000Z' },
  { zone: 'Asia/Kathmandu', text: '2026-12-01T12:00:00', utc: '2026-12-01T06:15:00.000Z' },
])('reads $text in $zone', ({ zone, text, utc }) => {
  expect(new Date(createLocalTimeReader(zone)(text)).toISOString()).toBe(utc)
})

test('an hour that autumn shows twice is the first, one that spring skips is not yet put forward', () => {
  const read = createLocalTimeReader('Europe/Berlin')
  expect(new Date(read('2026-10-25T02:30:00')).toISOString()).toBe('2026-10-25T00:30:00.000Z')
  expect(new Date(read('2026-03-29T02:30:00')).toISOString()).toBe('2026-03-29T01:30:00.000Z')
})

test('a zone in the text wins over the one that is set', () => {
  expect(createLocalTimeReader('+02:00')('2026-11-20T21:00:00Z')).toBe(Date.UTC(2026, 10, 20, 21))
})

test('a time without a zone is none where none is set', () => {
  expect(createLocalTimeReader(null)('2026-11-20T21:00:00')).toBeNaN()
})

test('a day that does not exist is no time', () => {
  expect(createLocalTimeReader('UTC')('2026-02-31T00:00:00')).toBeNaN()
})

test('in a zone that nobody knows there are no times', () => {
  expect(createLocalTimeReader('Mars/Olympus')('2026-11-20T21:00:00')).toBeNaN()
})

test('what a clock shows at an instant is read back as that instant, but for the hours shown twice', () => {
  const zone = 'America/New_York'
  const read = createLocalTimeReader(zone)
  const format = new Intl.DateTimeFormat('sv-SE', {
    timeZone: zone,
    dateStyle: 'short',
    timeStyle: 'medium',
  })
  const first = Date.UTC(2020, 0, 1) / 1000
  fc.assert(
    fc.property(fc.integer({ min: first, max: first + 300_000_000 }), (seconds) => {
      const shown = format.format(seconds * 1000)
      const difference = seconds * 1000 - read(shown)
      expect([0, 3_600_000]).toContain(difference)
      expect(format.format(read(shown))).toBe(shown)
    }),
  )
})
