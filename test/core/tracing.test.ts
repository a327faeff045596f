import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { AppError } from '../../core/errors.ts'
import { createLogger } from '../../core/log.ts'
import {
  parseTraceparent,
  startRequestSpan,
  traced,
  traceFields,
  traceHeaders,
  TraceLinks,
} from '../../core/tracing.ts'
import { collectTraces, headerOf, type Traces } from '../support/traces.ts'

const traceparent = `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`

test('without an SDK the work is done, and nothing else happens', async () => {
  expect(await traced('work', {}, async () => traceHeaders())).toEqual({})
  expect(traceFields()).toEqual({})
  await expect(traced('work', {}, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  let ran = false
  startRequestSpan('GET', { traceparent }).run(() => (ran = true))
  expect(ran).toBe(true)
})

test.each([
  ['a place in a trace', traceparent, true],
  ['one of a later version, with more behind', `01-${traceparent.slice(3)}-more`, true],
  ['one that is not sampled', `${traceparent.slice(0, -2)}00`, true],
  ['a version that is none', `ff${traceparent.slice(2)}`, false],
  ['no trace at all', `00-${'0'.repeat(32)}-${'2'.repeat(16)}-01`, false],
  ['upper case', `00-${'A'.repeat(32)}-${'2'.repeat(16)}-01`, false],
  ['anything else', "'; DROP TABLE events", false],
])('%s', (_, text, valid) => {
  expect(parseTraceparent(text) !== null).toBe(valid)
})

test('a batch links to the first traces of its messages, each once, and to no nonsense', () => {
  const links = new TraceLinks()
  links.add(undefined)
  links.add('nonsense')
  links.add(traceparent)
  links.add(traceparent)
  expect(links.list()).toHaveLength(1)
  for (let i = 1; i < 100; i++)
    links.add(`00-${i.toString(16).padStart(32, '3')}-${'2'.repeat(16)}-01`)
  expect(links.list()).toHaveLength(32)
})

describe('with an SDK', () => {
  let traces: Traces
  beforeEach(() => {
    traces = collectTraces()
  })
  afterEach(() => {
    traces.remove()
  })

  test('spans nest, calls carry their place, log lines name it', async () => {
    const lines: string[] = []
    const log = createLogger(
      { level: 'info', format: 'json' },
      { write: (line) => lines.push(line) },
    )
    const headers = await traced('outer', { attributes: { model: 'fraud' } }, () =>
      traced('inner', { kind: 'client' }, async () => {
        log.info('within')
        return traceHeaders()
      }),
    )
    log.info('outside')
    const [inner, outer] = traces.ended
    expect([inner?.name, outer?.name]).toEqual(['inner', 'outer'])
    expect(inner?.parent).toEqual(outer?.at)
    expect(outer?.attributes).toEqual({ model: 'fraud' })
    expect(headers).toEqual({ traceparent: inner && headerOf(inner.at) })
    expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
      { msg: 'within', trace_id: inner?.at.traceId, span_id: inner?.at.spanId },
      { msg: 'outside' },
    ])
    expect(lines[1]).not.toContain('trace_id')
  })

  test('a failure is told by its code, never by its message', async () => {
    const failing = traced('work', {}, () =>
      Promise.reject(new AppError('STORE_REJECTED', 'a secret')),
    )
    await expect(failing).rejects.toThrow('a secret')
    await expect(traced('bug', {}, () => Promise.reject(new Error('b secret')))).rejects.toThrow()
    expect(traces.ended.map(({ error }) => error)).toEqual(['STORE_REJECTED', 'UNEXPECTED'])
  })

  test('a request goes on with the trace of its client', async () => {
    const span = startRequestSpan('GET', { traceparent })
    await new Promise<void>((done) => {
      span.run(() => void traced('within', {}, async () => undefined).then(done))
    })
    span.end('/v1/models', 503)
    const [within, request] = traces.ended
    expect(request).toMatchObject({
      name: 'GET /v1/models',
      parent: { traceId: '1'.repeat(32), spanId: '2'.repeat(16) },
      attributes: { 'http.response.status_code': 503, 'http.route': '/v1/models' },
      error: '',
    })
    expect(within?.parent).toEqual(request?.at)
  })
})
