import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { isKeyValid, keyId } from '../../api/api-keys.ts'
import { cachedApiKeys } from '../../api/store-keys.ts'
import { keysCommand } from '../../bin/keys.ts'
import { withStore, type TestStore } from '../support/store.ts'

let opened: TestStore
beforeAll(async () => {
  opened = await withStore('embedded')
})
afterAll(() => opened.close())

let now = Date.UTC(2026, 10, 20)
const clock = { now: () => now }

async function run(...args: string[]): Promise<string> {
  const lines: string[] = []
  const log = vi.spyOn(console, 'log').mockImplementation((line: string) => lines.push(line))
  const { query, command } = opened.store
  const openStore = async () => ({ query, command, close: async () => undefined })
  const keys = keysCommand({ openStore, clock }).exitOverride()
  for (const sub of keys.commands) sub.exitOverride().configureOutput({ writeErr: () => undefined })
  keys.configureOutput({ writeErr: () => undefined })
  await keys.parseAsync(args, { from: 'user' }).finally(() => {
    log.mockRestore()
  })
  return lines.join('\n')
}

const lookup = async (id: string | null) =>
  cachedApiKeys(opened.store, { configured: [], required: false }, clock).find(id ?? '')

test('a key that is made is printed once, works, is listed, and stops working when revoked', async () => {
  const key = await run(
    'create',
    '--name',
    'ci',
    '--scope',
    'ingest',
    'read',
    '--model',
    'fraud',
    '--expires',
    '90d',
  )
  const id = keyId(key)
  const stored = await lookup(id)
  expect(stored).toMatchObject({ name: 'ci', scopes: ['ingest', 'read'], models: ['fraud'] })
  expect(isKeyValid(key, stored, now)).toBe(true)
  expect(isKeyValid(key, stored, now + 90 * 86_400_000)).toBe(false)
  const list = await run('list')
  expect(list).toContain(String(id))
  expect(list).not.toContain(key)
  expect(list).not.toContain(String(stored?.digest))

  now += 1
  await run('revoke', String(id))
  expect(isKeyValid(key, await lookup(id), now)).toBe(false)
  const trail = await opened.store.query({
    name: 'trail',
    sql: 'SELECT action, subject FROM audit_log FINAL ORDER BY at',
    params: {},
    toRow: (raw) => [raw['action'], raw['subject']],
  })
  expect(trail).toEqual([
    ['key.create', id],
    ['key.revoke', id],
  ])
})

test('a key for the configuration file is not stored', async () => {
  const text = await run('create', '--name', 'op', '--scope', 'admin', '--config-only')
  const key = text.split('\n').at(-1) ?? ''
  expect(text).toContain(`id: ${String(keyId(key))}`)
  expect(await lookup(keyId(key))).toBeUndefined()
})

test.each([
  { name: 'an unknown scope', args: ['create', '--name', 'x', '--scope', 'root'] },
  { name: 'no scope', args: ['create', '--name', 'x'] },
  {
    name: 'a duration that is none',
    args: ['create', '--name', 'x', '--scope', 'read', '--expires', 'soon'],
  },
  { name: 'a key that is not there', args: ['revoke', 'nobody'] },
])('refuses $name', async ({ args }) => {
  await expect(run(...args)).rejects.toThrow()
})
