import { expect, test } from 'vitest'
import { AppError } from '../../core/errors.ts'
import { createLogger, type LogOptions } from '../../core/log.ts'
import { Secret } from '../../core/secrets.ts'

function logged(options: Partial<LogOptions> = {}) {
  const lines: string[] = []
  const log = createLogger(
    { level: 'info', format: 'json', ...options },
    { write: (line) => lines.push(line) },
  )
  return { log, lines }
}

test('an event is one line of JSON with its level by name and its time in UTC', () => {
  const { log, lines } = logged()
  log.warn({ model: 'fraud', rows: 3 }, 'batch retried')
  expect(lines).toHaveLength(1)
  expect(JSON.parse(lines[0]!)).toEqual({
    level: 'warn',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) as string,
    model: 'fraud',
    rows: 3,
    msg: 'batch retried',
  })
})

test('lines below the level are not written', () => {
  const { log, lines } = logged({ level: 'error' })
  log.warn('not this')
  expect(lines).toEqual([])
})

test.each([
  [{ headers: { authorization: 'geheim' } }],
  [{ request: { headers: { authorization: 'geheim' } } }],
  [{ password: 'geheim' }],
  [{ action: { secret: 'geheim' } }],
  [{ a: { b: { c: { token: 'geheim' } } } }],
  [{ secret: new Secret('geheim') }],
  [{ url: 'http://user:geheim@host/' }],
  [{ text: 'Bearer geheim-token' }],
  [{ err: new Error('connect http://u:geheim@host failed') }],
  [{ err: new AppError('STORE_REJECTED', 'x', { cause: new Error('http://u:geheim@host') }) }],
  [{ err: new AppError('STORE_REJECTED', 'x', { details: { password: 'geheim' } }) }],
])('%j is written without its secret, and still as JSON', (fields) => {
  const { log, lines } = logged()
  log.error(fields, 'failed')
  expect(lines.join()).not.toContain('geheim')
  expect(lines.join()).toContain('[secret]')
  expect(JSON.parse(lines[0]!)).toHaveProperty('msg', 'failed')
})

test('an expected error is logged with its code, details and causes', () => {
  const { log, lines } = logged()
  const cause = new Error('socket hang up')
  log.error({ err: new AppError('STORE_UNAVAILABLE', 'no answer', { cause, details: { n: 1 } }) })
  const { err } = JSON.parse(lines[0]!) as { err: Record<string, unknown> }
  expect(err).toMatchObject({ code: 'STORE_UNAVAILABLE', details: { n: 1 } })
  expect(err['message']).toContain('socket hang up')
})
