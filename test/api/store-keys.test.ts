import { afterAll, beforeAll, expect, test } from 'vitest'
import { storeAudit } from '../../api/store-audit.ts'
import { cachedApiKeys, saveApiKey } from '../../api/store-keys.ts'
import { AppError } from '../../core/errors.ts'
import type { Query } from '../../store/query.ts'
import { withStore, type TestStore } from '../support/store.ts'

let opened: TestStore
beforeAll(async () => {
  opened = await withStore('embedded')
})
afterAll(() => opened.close())

const at = (hour: number, ms = 0): Date => new Date(Date.UTC(2026, 10, 20, hour, 0, 0, ms))
const hostile = "x' OR 1=1 -- \\ {a:String} \n`"

test('a key that was saved is found, its revocation a few seconds later', async () => {
  let now = Date.now()
  const keys = cachedApiKeys(opened.store, { configured: [], required: false }, { now: () => now })
  expect(await keys.any()).toBe(false)
  const key = {
    id: 'abc',
    name: 'ci',
    digest: 'd'.repeat(64),
    scopes: ['ingest', 'nonsense'],
    models: [],
    expiresAt: new Date(now + 1000),
    revokedAt: null,
    createdAt: new Date(now),
  }
  await saveApiKey(opened.store, key, new Date(now))
  now += 5_000
  expect(await keys.find('abc')).toMatchObject({
    scopes: ['ingest'],
    models: null,
    expiresAt: key.expiresAt,
  })
  await saveApiKey(opened.store, { ...key, revokedAt: new Date(now) }, new Date(now))
  expect(await keys.find('abc')).toMatchObject({ revokedAt: null })
  now += 5_000
  expect(await keys.find('abc')).toMatchObject({ revokedAt: new Date(now - 5_000) })
  expect(await keys.any()).toBe(true)
})

test('the audit log keeps who did what', async () => {
  const audit = storeAudit(opened.store, { now: () => at(4).getTime() })
  await audit.record({ actor: 'abc', action: 'model.put', subject: hostile, detail: { bytes: 1 } })
  const rows = await opened.store.query({
    name: 'read-audit',
    sql: 'SELECT actor, action, subject, detail FROM audit_log FINAL',
    params: {},
    toRow: (raw) => raw,
  })
  expect(rows).toEqual([
    { actor: 'abc', action: 'model.put', subject: hostile, detail: '{"bytes":1}' },
  ])
})

const configured = {
  id: 'op',
  name: 'operator',
  digest: 'e'.repeat(64),
  scopes: ['admin'],
  models: null,
  expiresAt: null,
  revokedAt: null,
} as const

test('while the store is away configured keys serve, others are told to come back', async () => {
  const query = async () => {
    throw new AppError('STORE_UNAVAILABLE', 'no answer')
  }
  const options = { configured: [configured], required: false }
  const keys = cachedApiKeys({ query }, options, { now: () => 0 })
  expect(await keys.any()).toBe(true)
  expect(await keys.find('op')).toEqual(configured)
  await expect(keys.find('abc')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
  const none = cachedApiKeys({ query }, { configured: [], required: false }, { now: () => 0 })
  await expect(none.any()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
})

test('keys read once outlive an outage of the store', async () => {
  let now = 0
  let away = false
  const query = async <Row>(asked: Query<Row>): Promise<Row[]> => {
    if (away) throw new AppError('STORE_UNAVAILABLE', 'no answer')
    return opened.store.query(asked)
  }
  const keys = cachedApiKeys({ query }, { configured: [], required: false }, { now: () => now })
  expect(await keys.find('abc')).toBeDefined()
  away = true
  now = 60_000
  expect(await keys.find('abc')).toBeDefined()
})

test('the API can be closed before the first key is made', async () => {
  const keys = cachedApiKeys(
    { query: async () => [] },
    { configured: [], required: true },
    { now: () => 0 },
  )
  expect(await keys.any()).toBe(true)
  expect(await keys.find('abc')).toBeUndefined()
})
