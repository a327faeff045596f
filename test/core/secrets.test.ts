import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterAll, expect, test } from 'vitest'
import { resolveSecret, scrub, Secret } from '../../core/secrets.ts'

const directory = mkdtempSync(join(tmpdir(), 'tidegauge-secrets-'))
afterAll(() => {
  rmSync(directory, { recursive: true })
})

test('a secret shows itself only when it is asked to', () => {
  const secret = new Secret('hunter2')
  const shown = [
    `${String(secret)} ${secret as unknown as string}`,
    JSON.stringify({ secret }),
    inspect({ deep: { secret } }, { depth: 9, showHidden: true }),
    inspect(secret, { customInspect: false, showHidden: true }),
    Object.values(secret).join(),
  ]
  expect(shown.join()).not.toContain('hunter2')
  expect(shown[0]).toBe('[secret] [secret]')
  expect(secret.reveal()).toBe('hunter2')
})

test('a reference to a variable is looked up at each use', () => {
  const env: Record<string, string> = { HOOK: 'one' }
  expect(resolveSecret('${env:HOOK}', env).reveal()).toBe('one')
  env['HOOK'] = 'two'
  expect(resolveSecret('${env:HOOK}', env).reveal()).toBe('two')
})

test('a reference to a file is its content without the last line break', () => {
  const path = join(directory, 'hook')
  writeFileSync(path, ' s3cret \n')
  expect(resolveSecret(`file:${path}`, {}).reveal()).toBe(' s3cret ')
  writeFileSync(path, 'rotated')
  expect(resolveSecret(`file:${path}`, {}).reveal()).toBe('rotated')
})

test('anything else is the secret itself', () => {
  expect(resolveSecret('plain ${env:X}', { X: 'y' }).reveal()).toBe('plain ${env:X}')
})

test.each([
  ['${env:MISSING}', 'environment variable MISSING is not set or empty'],
  ['${env:EMPTY}', 'environment variable EMPTY is not set or empty'],
  ['file:/nowhere/hook', 'secret file /nowhere/hook cannot be read'],
  ['', 'the secret is empty'],
])('%o that cannot be resolved is CONFIG_INVALID', (reference, message) => {
  expect(() => resolveSecret(reference, { EMPTY: '' })).toThrow(
    expect.objectContaining({ code: 'CONFIG_INVALID', message }),
  )
})

test.each([
  ['http://user:pw@host/path', 'http://[secret]@host/path'],
  ['https://token@host', 'https://[secret]@host'],
  ['Authorization: Bearer abc.def-123', 'Authorization: Bearer [secret]'],
  ['key tgk_ab12_c2VjcmV0 used', 'key tgk_ab12_[secret] used'],
  ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', '[secret]'],
  ['https://hooks.slack.com/services/T0/B0/xyz', 'https://hooks.slack.com/services/[secret]'],
  ['http://host/a@b and c://d', 'http://host/a@b and c://d'],
])('scrubs %s', (text, clean) => {
  expect(scrub(text)).toBe(clean)
})
