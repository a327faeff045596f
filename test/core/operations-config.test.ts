import { expect, test } from 'vitest'
import { readConfig } from '../../core/config.ts'

const reading = (env: Record<string, string>) => readConfig({ env: { HOOK: 'x', ...env } })
const operations = (value: object) => ({ TIDEGAUGE__ALERTS__OPERATIONS: JSON.stringify(value) })
const url = 'https://hooks.example.com/tidegauge'

test('operations are told where there is an address; the secret stays a reference', () => {
  expect(reading({}).config?.alerts.operations).toBeUndefined()
  const { config } = reading(operations({ url, secret: '${env:HOOK}' }))
  expect(config?.alerts.operations).toEqual({ preset: 'webhook', url, secret: '${env:HOOK}' })
})

test.each([
  { name: 'no address', value: {}, says: 'alerts.operations' },
  { name: 'another scheme', value: { url: 'ftp://token@example.com' }, says: 'no http or https' },
  { name: 'the secret itself', value: { url, secret: 'hunter2' }, says: 'a reference such as' },
  { name: 'a secret that is not there', value: { url, secret: '${env:NONE}' }, says: 'NONE' },
])('$name is refused, and nothing secret is repeated', ({ value, says }) => {
  const { config, problems } = reading(operations(value))
  expect(config).toBeNull()
  const text = JSON.stringify(problems)
  expect(text).toContain(says)
  expect(text).not.toMatch(/hunter2|token/)
})

test('limits of refusals have defaults and can be switched off', () => {
  expect(reading({}).config?.ingest.rejectLimits).toEqual({ run: 1000, ratio: 0.5, window: 10_000 })
  const off = { TIDEGAUGE__INGEST__REJECT_LIMITS__RUN: '0' }
  const none = { ...off, TIDEGAUGE__INGEST__REJECT_LIMITS__RATIO: '0' }
  expect(reading(none).config?.ingest.rejectLimits).toMatchObject({ run: 0, ratio: 0 })
  const { problems } = reading({ TIDEGAUGE__INGEST__REJECT_LIMITS__RATIO: '1.5' })
  expect(problems).toHaveLength(1)
})
