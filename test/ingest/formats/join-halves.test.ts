import fc from 'fast-check'
import { expect, test } from 'vitest'
import { joinHalves } from '../../../ingest/formats/join-halves.ts'
import { waitingHalf } from '../../../ingest/formats/waiting-half.ts'
import { valuesOf } from '../../support/halves.ts'

const facts = { pair: 'p', id: 'r-1', ts: 1000, model: 'm', version: '', variant: '', tags: {} }
const request = { ...facts, side: 'request', rows: [{ age: 31 }] } as const
const response = {
  ...facts,
  side: 'response',
  id: 'response',
  ts: 2000,
  rows: [{ prediction: 1, score: 0.9 }],
  latencyMs: 12,
  error: null,
} as const

test('an inference of one row is one event with the id and time of the request', () => {
  expect(valuesOf(joinHalves(request, response))).toEqual([
    expect.objectContaining({
      model: 'm',
      id: 'r-1',
      ts: 1000,
      features: { age: 31 },
      prediction: 1,
      score: 0.9,
      latency_ms: 12,
      error: null,
    }),
  ])
})

test('what one half does not say is taken from the other', () => {
  const [event] = valuesOf(
    joinHalves(
      { ...request, model: '', version: '1', tags: { a: '1', b: '1' } },
      { ...response, version: '2', variant: 'canary', tags: { b: '2' } },
    ),
  )
  expect(event).toMatchObject({
    model: 'm',
    version: '2',
    variant: 'canary',
    tags: { a: '1', b: '2' },
  })
})

test('of a failed response every row of the request keeps its features and gets the error', () => {
  const failed = { ...response, rows: [], error: 'HTTP 500' }
  expect(valuesOf(joinHalves({ ...request, rows: [{ a: 1 }, { a: 2 }] }, failed))).toEqual([
    expect.objectContaining({ id: 'r-1#0', features: { a: 1 }, error: 'HTTP 500' }),
    expect.objectContaining({ id: 'r-1#1', features: { a: 2 }, error: 'HTTP 500' }),
  ])
})

test('halves of unlike length are refused: no row could be told from another', () => {
  expect(joinHalves({ ...request, rows: [{ a: 1 }, { a: 2 }] }, response)).toMatchObject({
    kind: 'rejected',
    rejection: { reason: 'invalid_row', detail: 'the request has 2 rows, its response 1' },
  })
})

test('an empty request and its empty response are no events and no damage', () => {
  expect(valuesOf(joinHalves({ ...request, rows: [] }, { ...response, rows: [] }))).toEqual([])
})

test('a half waits, counts alone or is skipped, by what the system logs', () => {
  expect(waitingHalf(request, 'both')).toEqual({ kind: 'half', half: request })
  expect(valuesOf(waitingHalf(request, 'requests'))).toMatchObject([{ features: { age: 31 } }])
  expect(valuesOf(waitingHalf(response, 'responses'))).toMatchObject([
    { id: 'response', ts: 2000, prediction: 1, latency_ms: 12 },
  ])
  expect(waitingHalf(response, 'requests').kind).toBe('skipped')
  expect(waitingHalf(request, 'responses').kind).toBe('skipped')
})

test('as many events as rows, in their order, each under an id of its own', () => {
  const rows = fc.array(fc.record({ a: fc.integer() }), { maxLength: 50 })
  fc.assert(
    fc.property(rows, (features) => {
      const outputs = features.map(({ a }) => ({ prediction: a }))
      const events = valuesOf(
        joinHalves({ ...request, rows: features }, { ...response, rows: outputs }),
      ) as { id: string; features: { a: number }; prediction: number }[]
      expect(events.map((event) => event.features)).toEqual(features)
      expect(events.every((event) => event.features.a === event.prediction)).toBe(true)
      expect(new Set(events.map(({ id }) => id)).size).toBe(features.length)
    }),
  )
})
