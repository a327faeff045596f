import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Format } from '../../../core/decoding-schema.ts'
import { createDecoders } from '../../../ingest/formats/decoders.ts'
import { ingestFile } from '../../../ingest/sources/file.ts'
import { openModelRegistry } from '../../../store/model-registry.ts'
import type { Store } from '../../../store/client.ts'
import { eventLimits, ingestDeps } from '../../support/ingest.ts'
import { withStore, type TestStore } from '../../support/store.ts'
import { select, writeFile } from './load-fixture.ts'

let opened: TestStore
beforeAll(async () => {
  opened = await withStore('embedded')
})
afterAll(async () => opened.close())

const fixture = (name: string) => readFileSync(`test/fixtures/formats/${name}`, 'utf8')

/** Loads a file of lines by a decoding, two lines a batch. */
async function load(store: Store, path: string, settings: { format: Format; model?: string }) {
  const told = { features: [], outputs: { classes: [] }, halves: 'both', ...settings } as const
  const config = { decodings: { mine: told }, registries: {} }
  const decoder = createDecoders(config, { clock: { monotonic: () => 0 } })
  const registry = await openModelRegistry(store)
  const deps = {
    ...ingestDeps(store, registry, { decoder }),
    registry,
    limits: { batchRows: 2, batchBytes: 1 << 20, eventBytes: eventLimits.eventBytes },
    engine: async () => store,
  }
  return ingestFile(deps, { path, decoding: { name: 'mine', settings } })
}

test('lines of another format become events, and a bad one costs only itself', async () => {
  const { store } = opened
  const lines = `${fixture('sagemaker/csv.jsonl').trim()}\n{"captureData":{}}\n`
  const path = writeFile('capture.jsonl', lines)
  const settings = { format: 'sagemaker', model: 'captured' } as const
  const summary = await load(store, path, settings)
  const count = lines.trim().split('\n').length
  expect(summary).toMatchObject({ records: count, rejected: 1, skipped: 0 })
  expect(summary.reasons).toMatchObject([{ reason: 'invalid_row', place: count }])
  const [row] = await select(store, 'SELECT count() AS n FROM events_captured FINAL')
  expect(Number(row?.['n'])).toBeGreaterThan(1)
  expect(
    await select(
      store,
      `SELECT offset, raw, decoding FROM dead_letters FINAL WHERE topic = '${summary.topic}'`,
    ),
  ).toEqual([{ offset: count - 1, raw: '{"captureData":{}}', decoding: 'mine' }])
})

test('the same file by the same decoding is loaded already, by another it is not', async () => {
  const { store } = opened
  const path = writeFile('twice.jsonl', fixture('sagemaker/csv.jsonl'))
  const first = await load(store, path, { format: 'sagemaker', model: 'twice' })
  const again = await load(store, path, { format: 'sagemaker', model: 'twice' })
  expect(again).toMatchObject({ records: 0, skipped: first.records, topic: first.topic })
  const other = await load(store, path, { format: 'sagemaker', model: 'other' })
  expect(other).toMatchObject({ records: first.records, skipped: 0 })
  const [a] = await select(store, 'SELECT count() AS n FROM events_twice FINAL')
  const [b] = await select(store, 'SELECT count() AS n FROM events_other FINAL')
  expect(a).toEqual(b)
})

test('halves of inferences find each other, in whichever batches of the file they are', async () => {
  const { store } = opened
  const inputs = fixture('azure-ml/inputs.jsonl').trim().split('\n')
  const outputs = fixture('azure-ml/outputs.jsonl').trim().split('\n')
  const filler = Array<string>(5).fill('{"specversion":"1.0","id":"x","source":"/","type":"other"}')
  const path = writeFile('halves.jsonl', [...inputs, ...filler, ...outputs].join('\n'))
  expect(await load(store, path, { format: 'azure-ml', model: 'halves' })).toMatchObject({
    rejected: 0,
  })
  const rows = await select(
    store,
    'SELECT count() AS n, countIf(prediction IS NOT NULL) AS told FROM events_halves FINAL',
  )
  expect(Number(rows[0]?.['n'])).toBeGreaterThan(0)
  expect(rows[0]?.['told']).toEqual(rows[0]?.['n'])
})

test('a table has columns and no decoding', async () => {
  const path = writeFile('table.csv', 'a\n1\n')
  await expect(load(opened.store, path, { format: 'native' })).rejects.toThrow(
    'table.csv is a table: a decoding is for files of lines',
  )
})
