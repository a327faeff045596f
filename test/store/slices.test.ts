import fc from 'fast-check'
import { expect, test } from 'vitest'
import { modelSpec } from '../../core/model-spec.ts'
import {
  dimensionKind,
  formatSlice,
  freezeSlice,
  intervalLabels,
  parseSlice,
  sliceKey,
  sliceNames,
} from '../../store/slices.ts'

const text = fc.string({ unit: fc.constantFrom('a', '%', ',', '=', '2', 'C', '5', 'ü', ' ') })
const parts = fc.array(fc.record({ dimension: text.filter((s) => s !== ''), value: text }), {
  maxLength: 4,
})

test('a slice name reads back as what it was made of', () => {
  fc.assert(
    fc.property(parts, (slice) => {
      expect(parseSlice(formatSlice(slice))).toEqual(slice)
    }),
  )
})

test('two different slices never share a name', () => {
  fc.assert(
    fc.property(parts, parts, (a, b) => {
      fc.pre(JSON.stringify(a) !== JSON.stringify(b))
      expect(formatSlice(a)).not.toBe(formatSlice(b))
    }),
  )
})

test('names read well and the empty name is everything', () => {
  expect(formatSlice([])).toBe('')
  expect(formatSlice([{ dimension: 'price', value: '[200,500)' }])).toBe('price=[200%2C500)')
  expect(sliceKey(['origin', 'tags.a,b'])).toBe('origin,tags.a%2Cb')
})

test.each(['origin', 'a=b=c', '=x', 'a=1,,b=2'])('refuses "%s"', (name) => {
  expect(() => parseSlice(name)).toThrow(RangeError)
})

test('intervals cover the line from end to end', () => {
  expect(intervalLabels([200, 500.5])).toEqual(['[-inf,200)', '[200,500.5)', '[500.5,inf)'])
  expect(intervalLabels([])).toEqual(['[-inf,inf)'])
})

test('keeps the fifty most frequent combinations apart, then other, and always missing', () => {
  const values = Array.from({ length: 60 }, (_, i) => [`v${i}`])
  const frozen = freezeSlice([{ name: 'c', edges: null }], values)
  const names = sliceNames(frozen)
  expect(names).toHaveLength(52)
  expect(names[0]).toBe('c=v0')
  expect(names.slice(49)).toEqual(['c=v49', 'c=__missing__', 'c=__other__'])
})

test('a value that spells a reserved name does not take it', () => {
  const dimensions = [{ name: 'c', edges: null }]
  const frozen = freezeSlice(dimensions, [['__other__'], ['__missing__'], [null], ['x']])
  expect(sliceNames(frozen)).toEqual(['c=__missing__', 'c=x', 'c=__other__'])
})

test('tells features from tags and from what is neither', () => {
  const spec = modelSpec({
    model: 'm',
    features: { price: 'numeric', origin: 'categorical', vip: 'boolean' },
  })
  const kinds = ['price', 'origin', 'vip', 'tags.region', 'tags.', 'nowhere']
  expect(kinds.map((name) => dimensionKind(spec, name))).toEqual([
    'numeric',
    'text',
    'text',
    'tag',
    null,
    null,
  ])
})
