import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { AppError } from '../../core/errors.ts'
import { openStore } from '../../store/client.ts'
import type { Query } from '../../store/query.ts'
import { describeStore } from '../support/store.ts'

const raw = (
  sql: string,
  params: Query<unknown>['params'] = {},
  settings?: Query<unknown>['settings'],
): Query<Readonly<Record<string, unknown>>> => ({
  name: 'test',
  sql,
  params,
  ...(settings === undefined ? {} : { settings }),
  toRow: (row) => row,
})

describeStore('store client', (opened) => {
  const value = async (sql: string, params = {}, settings?: Query<unknown>['settings']) =>
    (await opened().store.query(raw(`SELECT ${sql} AS v`, params, settings)))[0]?.['v']

  test.each([
    ['a quote', "it's"],
    ['a backslash', 'C:\\new\\table'],
    ['a newline, a tab and a carriage return', 'a\nb\tc\rd'],
    ['text that looks like an escape', '\\n \\N \\0 \\'],
    ['other scripts and emoji', 'Zürich 東京 🌊'],
    ['a statement', "'; DROP TABLE labels; --"],
    ['a placeholder', '{b:String}'],
    ['nothing', ''],
    ['a long text', 'x'.repeat(100_000)],
  ])('a String parameter carries %s unchanged', async (_, text) => {
    expect(await value('{a:String}', { a: text })).toBe(text)
  })

  test.each([
    ['Array(String)', ["it's", 'a\nb', '\\', 'é', '']],
    ['Array(Array(UInt8))', [[1, 2], [], [3]]],
    ['Array(Nullable(String))', ['a', null]],
    ['Map(String, Float64)', { "a'b": 1.5, 'c\\d': -2 }],
    ['Map(LowCardinality(String), String)', { k: "v'\n" }],
    ['Nullable(Float64)', null],
    ['Nullable(String)', null],
    ['Float64', 1e-300],
    ['Int64', -9_007_199_254_740_991],
    ['UInt8', 255],
    ['Bool', true],
    ['UUID', '61f0c404-5cb3-11e7-907b-a6006ad3dba0'],
  ])('a %s parameter carries its value unchanged', async (type, given) => {
    expect(await value(`{a:${type}}`, { a: given })).toEqual(given)
  })

  test('epoch milliseconds become a time and keep their milliseconds', async () => {
    const sql = `toString(fromUnixTimestamp64Milli({at:Int64}, 'UTC'))`
    expect(await value(sql, { at: 1_795_207_800_123 })).toBe('2026-11-20 20:50:00.123')
  })

  test('64-bit counts come back as numbers', async () => {
    expect(await value('toUInt64(4000000000)')).toBe(4_000_000_000)
  })

  test('a setting lasts for its own query only', async () => {
    expect(await value(`getSetting('max_rows_to_read')`, {}, { max_rows_to_read: 7 })).toBe(7)
    expect(await value(`getSetting('max_rows_to_read')`)).toBe(0)
  })

  test('a limit of one query does not stop the insert after it', async () => {
    const limited = raw('SELECT number FROM numbers(100)', {}, { max_rows_to_read: 5 })
    await expect(opened().store.query(limited)).rejects.toMatchObject({ code: 'STORE_REJECTED' })
    await opened().store.command({
      name: 'test-insert',
      sql: `INSERT INTO audit_log SELECT now64(3), toString(number), 'a', 'b', 'c', 'd' FROM numbers(100)`,
    })
    expect(await value('(SELECT count() FROM audit_log)')).toBe(100)
  })

  test('a command binds its parameters too', async () => {
    const detail = "quotes ' and \\ and\nlines"
    await opened().store.command({
      name: 'test-insert',
      sql: `INSERT INTO audit_log SELECT now64(3), {id:String}, '', '', '', {detail:String}`,
      params: { id: 'bound', detail },
    })
    expect(await value(`(SELECT detail FROM audit_log FINAL WHERE id = 'bound')`)).toBe(detail)
  })

  test.each([
    ['a syntax error', 'SELEC 1', 'STORE_REJECTED', 62],
    ['an unknown table', 'SELECT * FROM nowhere', 'STORE_REJECTED', 60],
    ['an unbound parameter', 'SELECT {a:String}', 'STORE_REJECTED', 456],
    ['a lack of memory', `SELECT throwIf(1, 'x', 241::Int16)`, 'STORE_UNAVAILABLE', 241],
    ['too many parts', `SELECT throwIf(1, 'x', 252::Int16)`, 'STORE_UNAVAILABLE', 252],
    ['a full disk', `SELECT throwIf(1, 'x', 243::Int16)`, 'STORE_UNAVAILABLE', 243],
  ])('%s says what it is and whether to try again', async (_, sql, code, clickhouseCode) => {
    const settings = { allow_custom_error_code_in_throwif: 1 }
    const failure = opened().store.query(raw(sql, {}, settings))
    await expect(failure).rejects.toBeInstanceOf(AppError)
    await expect(failure).rejects.toMatchObject({
      code,
      details: { operation: 'test', clickhouseCode },
    })
  })

  test('a bug in how a row is understood is not taken for trouble with the store', async () => {
    const toRow = (): never => {
      throw new RangeError('no such column')
    }
    await expect(opened().store.query({ ...raw('SELECT 1'), toRow })).rejects.toThrow(RangeError)
    const badSetting = raw('SELECT 1', {}, { 'no setting; ': 1 })
    await expect(opened().store.query(badSetting)).rejects.toThrow(RangeError)
  })

  test('a query beyond its deadline fails as retryable, and the store goes on', async () => {
    const hasty = await openStore({ ...opened().options, timeoutMs: 200 })
    try {
      const slow = hasty.query(raw('SELECT sleep(1) AS v'))
      await expect(slow).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: true })
    } finally {
      await hasty.close()
    }
    expect(await value('1')).toBe(1)
  })

  test('queries run beside each other and each gets its own answer', async () => {
    const ids = Array.from({ length: 40 }, () => randomUUID())
    const answers = await Promise.all(ids.map((id) => value('{id:String}', { id })))
    expect(answers).toEqual(ids)
  })

  test('a slow report does not hold up an insert', async () => {
    const finished: string[] = []
    const report = value('sleep(1)').then(() => finished.push('report'))
    await opened().store.command({
      name: 'test-insert',
      sql: `INSERT INTO audit_log SELECT now64(3), 'quick', '', '', '', ''`,
    })
    finished.push('insert')
    await report
    expect(finished).toEqual(['insert', 'report'])
  })
})
