import { expect, test } from 'vitest'
import { httpFormat } from '../../ingest/http-format.ts'

test('native records need no format, said or not', () => {
  expect(httpFormat({ 'content-type': 'application/json' })).toBeUndefined()
  expect(httpFormat({ 'content-type': 'application/x-ndjson' }, 'native')).toBeUndefined()
  expect(httpFormat({})).toBeUndefined()
})

test.each([
  { 'ce-specversion': '1.0', 'content-type': 'application/json' },
  { 'content-type': 'application/cloudevents+json; charset=utf-8' },
  { 'content-type': 'application/cloudevents-batch+json' },
])('a CloudEvent is one by its headers: %j', (headers) => {
  expect(httpFormat(headers)).toMatchObject({ decoding: 'cloudevents', lines: false })
})

test('the decoding that is asked for goes before what headers say', () => {
  expect(httpFormat({ 'ce-specversion': '1.0' }, 'fraud-kserve')?.decoding).toBe('fraud-kserve')
})

test('lines are messages of their own where the content type says lines', () => {
  const lines = (type: string) => httpFormat({ 'content-type': type }, 'sagemaker')?.lines
  expect(['application/x-ndjson', 'application/jsonl', 'application/ndjson'].map(lines)).toEqual([
    true,
    true,
    true,
  ])
  expect(lines('application/json')).toBe(false)
})

test('no header is kept that may hold a secret', () => {
  const format = httpFormat({
    authorization: 'Bearer tgk_secret',
    cookie: 'a=b',
    'x-forwarded-for': '10.0.0.1',
    'x-request-id': 'r-1',
    'ce-specversion': '1.0',
    'ce-id': ['first', 'last'],
  })
  expect([...(format?.headers ?? [])]).toEqual([
    ['x-request-id', 'r-1'],
    ['ce-specversion', '1.0'],
    ['ce-id', 'last'],
  ])
})
