import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readInferMessage } from '../../../ingest/formats/infer-message.ts'
import { encodeInferRequest, encodeInferResponse } from '../../support/infer-protobuf.ts'

const base64 = (text: string) => Buffer.from(text).toString('base64')

const contents = [
  { datatype: 'BOOL', field: 'boolContents', sent: [true, false], read: [true, false] },
  { datatype: 'INT8', field: 'intContents', sent: [-1, 2], read: [-1, 2] },
  { datatype: 'INT64', field: 'int64Contents', sent: ['-5', '7'], read: [-5, 7] },
  { datatype: 'UINT32', field: 'uintContents', sent: [1, 4294967295], read: [1, 4294967295] },
  { datatype: 'UINT64', field: 'uint64Contents', sent: ['9', '8'], read: [9, 8] },
  { datatype: 'FP32', field: 'fp32Contents', sent: [1.5, -2], read: [1.5, -2] },
  { datatype: 'FP64', field: 'fp64Contents', sent: [0.1, 31], read: [0.1, 31] },
  {
    datatype: 'BYTES',
    field: 'bytesContents',
    sent: [base64('pro'), base64('ü')],
    read: ['pro', 'ü'],
  },
]

test.each(contents)(
  'reads the contents of a $datatype tensor',
  ({ datatype, field, sent, read }) => {
    const bytes = encodeInferRequest({
      inputs: [{ name: 'x', datatype, shape: [2], contents: { [field]: sent } }],
    })
    expect(readInferMessage(bytes, 'request')).toMatchObject({
      tensors: [{ name: 'x', datatype, shape: [2], data: read }],
    })
  },
)

test('reads names, id and tensors of a response, and skips what no monitor needs', () => {
  const bytes = encodeInferResponse({
    modelName: 'churn_1',
    modelVersion: '1',
    id: '42',
    parameters: { note: { stringParam: 'x' } },
    outputs: [
      {
        name: 'predict',
        datatype: 'FP64',
        shape: [2, 1],
        parameters: { content_type: { stringParam: 'np' } },
        contents: { fp64Contents: [0.2, 0.8] },
      },
    ],
  })
  expect(readInferMessage(bytes, 'response')).toEqual({
    modelName: 'churn_1',
    modelVersion: '1',
    id: '42',
    tensors: [{ name: 'predict', datatype: 'FP64', shape: [2, 1], data: [0.2, 0.8] }],
  })
})

test('raw contents stand for the tensors in their order', () => {
  const raw = (write: (buffer: Buffer) => void, bytes: number) => {
    const buffer = Buffer.alloc(bytes)
    write(buffer)
    return buffer.toString('base64')
  }
  const bytes = encodeInferRequest({
    inputs: [
      { name: 'age', datatype: 'FP32', shape: [2] },
      { name: 'visits', datatype: 'INT16', shape: [1] },
    ],
    rawInputContents: [
      raw((buffer) => buffer.writeFloatLE(31, buffer.writeFloatLE(1.5)), 8),
      raw((buffer) => buffer.writeInt16LE(-2), 2),
    ],
  })
  expect(readInferMessage(bytes, 'request')).toMatchObject({
    tensors: [
      { name: 'age', data: [1.5, 31] },
      { name: 'visits', data: [-2] },
    ],
  })
})

test('elements that are not packed into one field are read as well', () => {
  // Field 6 of the contents (fp32), twice, each with its own tag.
  const value = Buffer.alloc(10)
  value.writeUInt8(0x35, 0)
  value.writeFloatLE(1, 1)
  value.writeUInt8(0x35, 5)
  value.writeFloatLE(2, 6)
  const tensor = Buffer.concat([Buffer.from([0x2a, value.length]), value])
  const message = Buffer.concat([Buffer.from([0x2a, tensor.length]), tensor])
  expect(readInferMessage(message, 'request')).toMatchObject({ tensors: [{ data: [1, 2] }] })
})

test.each([
  {
    name: 'raw contents for some of the tensors only',
    bytes: encodeInferRequest({
      inputs: [{ name: 'a', datatype: 'INT8' }, { name: 'b' }],
      rawInputContents: [base64('a')],
    }),
    problem: /1 raw contents for 2 tensors/,
  },
  {
    name: 'raw contents of a length that fits no element',
    bytes: encodeInferRequest({
      inputs: [{ name: 'a', datatype: 'FP32' }],
      rawInputContents: [base64('abc')],
    }),
    problem: /3 raw bytes are no whole number of FP32/,
  },
  {
    name: 'a tensor that claims to be longer than the message',
    bytes: Buffer.from([0x2a, 0xff, 0xff, 0xff, 0x7f]),
    problem: /a length beyond the end/,
  },
  {
    name: 'a number where a name belongs',
    bytes: Buffer.from([0x08, 1]),
    problem: /wire type 0/,
  },
  {
    name: 'more tensors than a row can have columns',
    bytes: Buffer.alloc(20_000, Buffer.from([0x2a, 0])),
    problem: /more than 4096 tensors/,
  },
  { name: 'text', bytes: Buffer.from('{"inputs":[]}'), problem: /no request/ },
])('says what is wrong with $name', ({ bytes, problem }) => {
  expect(readInferMessage(bytes, 'request')).toMatch(problem)
})

test('any bytes are read or refused, and hold no more elements than bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, request) => {
      const message = readInferMessage(Buffer.from(bytes), request ? 'request' : 'response')
      if (typeof message === 'string') return
      const elements = message.tensors.reduce((sum, { data }) => sum + data.length, 0)
      expect(elements).toBeLessThanOrEqual(bytes.length)
    }),
  )
})

test('damage anywhere in a real message is read or refused', () => {
  const bytes = encodeInferRequest({
    id: 'r',
    inputs: [{ name: 'x', datatype: 'FP32', shape: [2], contents: { fp32Contents: [1, 2] } }],
  })
  for (let at = 0; at < bytes.length; at++) {
    expect(() => readInferMessage(bytes.subarray(0, at), 'request')).not.toThrow()
    for (let bit = 0; bit < 8; bit++) {
      const damaged = Buffer.from(bytes)
      damaged[at]! ^= 1 << bit
      expect(() => readInferMessage(damaged, 'request')).not.toThrow()
    }
  }
})
