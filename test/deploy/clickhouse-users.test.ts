import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { migrations } from '../../store/migrate.ts'
import { withStore, type TestStore } from '../support/store.ts'

let opened: TestStore
beforeAll(async () => {
  opened = await withStore('embedded')
})
afterAll(() => opened.close())

/** Parses a statement with ClickHouse's own parser, without running it. */
async function parsed(sql: string): Promise<string> {
  const rows = await opened.store.query({
    name: 'test-parse',
    sql: `EXPLAIN AST ${sql}`,
    params: {},
    toRow: (raw) => String(raw['explain']),
  })
  return rows.join('\n')
}

const statements = readFileSync('deploy/clickhouse/users.sql', 'utf8')
  .replaceAll(/^--.*$/gm, '')
  .split(';')
  .map((sql) => sql.trim())
  .filter((sql) => sql !== '')

test('the users as SQL are what ClickHouse understands', async () => {
  expect(statements.length).toBeGreaterThan(10)
  for (const sql of statements) expect(await parsed(sql), sql).not.toBe('')
  await expect(parsed('CREATE USER x IDENTIFED BY 1')).rejects.toThrow()
})

test('the tables of a cluster are what ClickHouse understands, in every migration', async () => {
  const layout = { database: 'tidegauge', cluster: 'tidegauge' }
  for (const { version, statements: make } of migrations) {
    for (const sql of make(layout)) {
      expect(sql, `migration ${version}`).toContain(`ON CLUSTER 'tidegauge'`)
      expect(await parsed(sql), sql).not.toBe('')
    }
  }
})

test('the users of the XML file are those of the SQL, with the same grants and limits', () => {
  const xml = readFileSync('deploy/clickhouse/users.xml', 'utf8')
  const sql = statements.join('\n')
  for (const user of ['tidegauge', 'grafana_reader', 'tidegauge_analyst']) {
    expect(xml).toContain(`<${user}>`)
    const [, grant = ''] = new RegExp(`^(GRANT .+) TO ${user}$`, 'm').exec(sql) ?? []
    expect(grant).not.toBe('')
    expect(xml).toContain(`<query>${grant}</query>`)
  }
  for (const setting of ['max_memory_usage', 'max_result_rows']) {
    const value = new RegExp(`${setting} = (\\d+)`).exec(sql)?.[1]
    expect(xml).toContain(`<${setting}>${value}</${setting}>`)
  }
})
