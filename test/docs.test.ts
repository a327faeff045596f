import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { modelSpec } from '../core/model-spec.ts'
import { createTable } from '../store/ddl.ts'
import { eventsTable } from '../store/tables/events-table.ts'
import { withStore } from './support/store.ts'
import { tableBlocks } from './support/table-blocks.ts'

const dataModel = readFileSync('docs/data-model.md', 'utf8')

test.each([...tableBlocks()])('docs/data-model.md shows table %s as it is', (name, block) => {
  const section = dataModel.split(/^### /m).find((text) => text.startsWith(`\`${name}\`\n`))
  expect(section, `a section of table ${name}`).toBeDefined()
  expect(section).toContain(block)
})

test('docs/data-model.md has no section of a table that is gone', () => {
  const sections = [...dataModel.matchAll(/^### `(.+)`$/gm)].map(([, name]) => name)
  expect(sections.filter((name) => !tableBlocks().has(name ?? ''))).toEqual([])
})

test('every file that docs/architecture.md names is there', () => {
  const text = readFileSync('docs/architecture.md', 'utf8')
  const named = [...text.matchAll(/`([a-z-]+\/[a-z0-9/-]+\.ts)`/g)].map(([, path]) => path ?? '')
  expect(named.length).toBeGreaterThan(10)
  expect(named.filter((path) => !existsSync(path))).toEqual([])
})

test('every test that docs/guarantees.md names is there', () => {
  const text = readFileSync('docs/guarantees.md', 'utf8')
  const named = [...text.matchAll(/\]\(\.\.\/(test\/[^)]+)\)/g)].map(([, path]) => path ?? '')
  expect(named.length).toBeGreaterThan(5)
  expect(named.filter((path) => !existsSync(path))).toEqual([])
})

test('the queries of docs/data-model.md run', async () => {
  const queries = [...dataModel.matchAll(/^```sql\n(SELECT[\s\S]*?)```/gm)].map(
    ([, sql]) => sql ?? '',
  )
  expect(queries.length).toBeGreaterThan(2)
  const { store, close } = await withStore('embedded')
  try {
    const spec = modelSpec({ model: 'fraud', features: { amount: 'numeric' } })
    for (const sql of createTable({ database: store.database, cluster: null }, eventsTable(spec))) {
      await store.command({ name: 'test-create', sql })
    }
    for (const sql of queries) {
      const rows = await store.query({ name: 'test-doc', sql, params: {}, toRow: (raw) => raw })
      expect(rows).toEqual([])
    }
  } finally {
    await close()
  }
})
