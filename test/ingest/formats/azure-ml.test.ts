import { expect, test } from 'vitest'
import { createAzureMlDecoder } from '../../../ingest/formats/azure-ml.ts'
import { joinHalves } from '../../../ingest/formats/join-halves.ts'
import { plainOptions, type DecodingOptions } from '../../../ingest/formats/options.ts'
import { storedMessage, wireMessage } from '../../support/wire-messages.ts'

const decode = (body: unknown, options: Partial<DecodingOptions> = {}) =>
  createAzureMlDecoder({ ...plainOptions('azure-ml'), ...options }).decode(
    typeof body === 'string' ? storedMessage(`azure-ml/${body}.jsonl`) : wireMessage(body),
  )

const event = (more: object = {}) => ({
  specversion: '1.0',
  id: 'e',
  source: '/deployments/blue',
  type: 'azureml.inference.inputs',
  correlationid: 'c-1',
  data: [{ a: 1 }],
  ...more,
})

test('inputs and outputs of one correlation become an event a row', () => {
  const [inputs, outputs] = [decode('inputs'), decode('outputs')]
  if (inputs.kind !== 'half' || outputs.kind !== 'half') throw new Error('no halves')
  if (inputs.half.side !== 'request' || outputs.half.side !== 'response') throw new Error('sides')
  expect(joinHalves(inputs.half, outputs.half)).toMatchObject({
    records: [
      {
        value: {
          model: 'drugs',
          version: 'default',
          variant: 'blue',
          id: '3711655d-b04c-4aa2-a6c4-6a90cbfcb73f#0',
          ts: Date.UTC(2026, 10, 20, 21),
          features: { label: 'DRUG', pattern: 'aspirin' },
          prediction: 1,
        },
      },
      { value: { features: { pattern: 'trazodone' }, prediction: 0 } },
      { value: { features: { pattern: 'citalopram' }, prediction: 1 } },
    ],
  })
})

test('lines of one message that belong together are joined there', () => {
  expect(decode('both')).toMatchObject({
    kind: 'records',
    records: [{ value: { id: 'c-1', features: { a: 1.5 }, prediction: 1 } }],
  })
})

test('the collections of MLflow models have other names and mean the same', () => {
  expect(decode(event({ type: 'azureml.inference.model_inputs' }))).toMatchObject({
    half: { side: 'request', pair: 'c-1' },
  })
  expect(decode(event({ type: 'azureml.inference.model_outputs' }))).toMatchObject({
    half: { side: 'response', rows: [{ prediction: 1 }] },
  })
})

test('the id of the request is the pair where no correlation is given', () => {
  const decoded = decode(event({ correlationid: undefined, xrequestid: 'x-1' }))
  expect(decoded).toMatchObject({ half: { pair: 'x-1', id: 'x-1' } })
})

test.each<[string, unknown, string, string]>([
  ['data of which only a part was stored', 'part', 'invalid_row', 'part'],
  ['data that was stored by reference', 'by-reference', 'invalid_row', 'by reference'],
  ['a damaged range', event({ contentrange: 'all of it' }), 'invalid_row', 'part'],
  ['a collection of another name', event({ type: 'azureml.inference.inputs_outputs' }), 'invalid_row', 'inputs_outputs'], // prettier-ignore
  ['an event with nothing to pair it by', event({ correlationid: '' }), 'missing_id', 'correlationid'], // prettier-ignore
  ['data that is no list', event({ data: { a: 1 } }), 'invalid_row', 'list'],
])('%s is refused', (_, body, reason, detail) => {
  expect(decode(body)).toMatchObject({
    kind: 'rejected',
    rejection: { reason, detail: expect.stringContaining(detail) as unknown },
  })
})

test('events of another system are skipped', () => {
  expect(decode(event({ type: 'com.example.other' })).kind).toBe('skipped')
})
