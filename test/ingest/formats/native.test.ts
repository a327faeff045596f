import fc from 'fast-check'
import { expect, test } from 'vitest'
import { nativeRecords, parseJson } from '../../../ingest/formats/native.ts'

const records = (text: string) =>
  [...nativeRecords(Buffer.from(text))].map((record) =>
    'text' in record ? { text: record.text } : record,
  )

test('bytes are told where characters are bytes', () => {
  expect([...nativeRecords(Buffer.from('{}\n{}'))]).toEqual([
    { text: '{}', bytes: 2 },
    { text: '{}', bytes: 2 },
  ])
})

test('NDJSON is a record a line, blank lines and a byte order mark left out', () => {
  expect(records('\uFEFF{"a":1}\r\n\n  \n{"a":2}\n')).toEqual([
    { text: '\uFEFF{"a":1}\r' },
    { text: '{"a":2}' },
  ])
})

test('a long body is its lines, wherever it is cut to be read', () => {
  const letters = fc.constantFrom('a', 'é', '東', '🌊')
  const line = fc
    .tuple(letters, fc.constantFrom(1, 3000, 20_000, 70_000), fc.nat(50))
    .map(([letter, length, more]) => `"${letter.repeat(length + more)}"`)
  fc.assert(
    fc.property(fc.array(line, { minLength: 2, maxLength: 12 }), fc.boolean(), (lines, ends) => {
      const body = Buffer.from(lines.join('\n') + (ends ? '\n' : ''))
      const texts = [...nativeRecords(body)].map((r) => ('text' in r ? r.text : r.value))
      expect(texts).toEqual(lines)
    }),
    { seed: 5, numRuns: 60 },
  )
})

test('an array is a record an element', () => {
  expect(records('[{"a":1},2]')).toEqual([{ value: { a: 1 } }, { value: 2 }])
})

test('one object over several lines is one record', () => {
  expect(records('{\n  "a": 1\n}\n')).toEqual([{ text: '{\n  "a": 1\n}\n' }])
})

test('a broken line stays a record of its own, so the next one is read', () => {
  expect(records('{"a":1\n{"a":2}')).toEqual([{ text: '{"a":1' }, { text: '{"a":2}' }])
})

test('an array that is no JSON is cut into lines and nothing is thrown', () => {
  expect(records('[{"a":1},\n{"a":')).toEqual([{ text: '[{"a":1},' }, { text: '{"a":' }])
})

test('an empty body holds nothing', () => {
  expect(records(' \n\t ')).toEqual([])
})

test('bare NaN is missing and bare infinities are numbers that are not finite', () => {
  expect(parseJson('{"a":NaN,"b":Infinity,"c":-Infinity,"d":"NaN \\" Infinity"}')).toEqual({
    a: null,
    b: Infinity,
    c: -Infinity,
    d: 'NaN " Infinity',
  })
})

test('no bytes make it throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      for (const record of nativeRecords(Buffer.from(bytes))) {
        if ('text' in record) parseJson(record.text)
      }
    }),
  )
})

test('fifty thousand levels of nesting are answered, not overflowed', () => {
  const deep = '['.repeat(50_000)
  expect(() => records(deep).map((r) => ('text' in r ? parseJson(r.text) : r))).not.toThrow()
})
