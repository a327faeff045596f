import fc from 'fast-check'
import { expect, test } from 'vitest'
import { rawElements } from '../../../ingest/formats/raw-elements.ts'

// Bytes as numpy writes them: np.array([…], dtype).tobytes().hex()
test.each([
  { datatype: 'BOOL', hex: '0001', read: [false, true] },
  { datatype: 'UINT8', hex: 'ff00', read: [255, 0] },
  { datatype: 'INT8', hex: 'ff01', read: [-1, 1] },
  { datatype: 'UINT16', hex: 'ffff', read: [65535] },
  { datatype: 'INT16', hex: 'feff', read: [-2] },
  { datatype: 'UINT32', hex: '01000000', read: [1] },
  { datatype: 'INT32', hex: 'ffffffff', read: [-1] },
  { datatype: 'UINT64', hex: '0200000000000000', read: [2] },
  { datatype: 'INT64', hex: 'feffffffffffffff', read: [-2] },
  { datatype: 'FP16', hex: '003c00c00100007c', read: [1, -2, 2 ** -24, Infinity] },
  { datatype: 'BF16', hex: '803f40c0', read: [1, -3] },
  { datatype: 'FP32', hex: '0000c03f', read: [1.5] },
  { datatype: 'FP64', hex: '9a9999999999b93f', read: [0.1] },
  { datatype: 'BYTES', hex: '0300000070726f0000000001000000c3', read: ['pro', '', '�'] },
])('reads raw $datatype', ({ datatype, hex, read }) => {
  expect(rawElements(Buffer.from(hex, 'hex'), datatype)).toEqual(read)
})

test.each([
  { datatype: 'FP32', hex: '00', problem: '1 raw bytes are no whole number of FP32' },
  { datatype: 'BYTES', hex: '0300', problem: 'raw BYTES end inside a length' },
  { datatype: 'BYTES', hex: 'ffffffff70', problem: 'raw BYTES end inside an element' },
  { datatype: 'toString', hex: '', problem: 'raw contents of the unknown datatype "toString"' },
])('refuses $hex as $datatype', ({ datatype, hex, problem }) => {
  expect(rawElements(Buffer.from(hex, 'hex'), datatype)).toBe(problem)
})

test('FP16 agrees with the definition of every number it can hold', () => {
  fc.assert(
    fc.property(fc.integer({ min: -1024, max: 1024 }), fc.integer({ min: -14, max: 5 }), (m, e) => {
      const value = (m / 1024) * 2 ** e
      const bits = halfBits(value)
      const raw = Buffer.alloc(2)
      raw.writeUInt16LE(bits)
      expect(rawElements(raw, 'FP16')).toEqual([value === 0 ? 0 : value])
    }),
  )
})

/** binary16 of a number that it can hold exactly, found by trying them all in order. */
function halfBits(value: number): number {
  const size = Math.abs(value)
  let low = 0
  let high = 0x7c00
  while (low < high) {
    const middle = (low + high) >> 1
    const exponent = middle >> 10
    const fraction = middle & 0x3ff
    const candidate =
      exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15)
    if (candidate < size) low = middle + 1
    else high = middle
  }
  return value < 0 ? low | 0x8000 : low
}
