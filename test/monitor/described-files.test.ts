import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { freezeDueBaselines, type Baseline } from '../../monitor/baselines.ts'
import { storedReference } from '../../monitor/references.ts'
import type { Store } from '../../store/client.ts'
import { createModel } from '../store/queries/profile-fixture.ts'
import { describeStore } from '../support/store.ts'

const embedding = { embedding: [3] }
const now = Date.parse('2026-03-01T10:00:00Z')

async function freeze(store: Store, model: string, file: string): Promise<Baseline | undefined> {
  const spec = await createModel(store, {
    model,
    kind: 'features',
    features: { t: 'text', e: embedding },
    baselines: { training: { file } },
  })
  const deps = {
    store,
    now: () => new Date(now),
    fileDirectories: [dirname(file)],
    lookedAt: new Map(),
  }
  const registered = { spec, revision: 1, origin: 'file', createdAt: new Date(now) } as const
  return (await freezeDueBaselines(deps, registered))[0]
}

const directory = async (): Promise<string> => mkdtemp(join(tmpdir(), 'tidegauge-described-'))

const rows = Array.from({ length: 90 }, (_, i) => ({
  t: i % 10 === 0 ? null : `Row ${i}, "quoted" naïve\nsecond line`,
  e: i % 9 === 0 ? null : [i / 8, -i, 0.5],
}))

describeStore('reference files with texts and embeddings', (opened) => {
  test('CSV, NDJSON and Parquet of the same rows make the same profiles', async () => {
    const { store } = opened()
    const root = await directory()
    try {
      const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`
      const csv = rows.map(
        ({ t, e }) =>
          `${t === null ? '' : quoted(t)},${e === null ? '' : quoted(JSON.stringify(e))}`,
      )
      const paths = ['csv', 'ndjson', 'parquet'].map((ending) => join(root, `r.${ending}`))
      const [csvPath = '', ndjsonPath = '', parquetPath = ''] = paths
      await writeFile(csvPath, ['t,e', ...csv].join('\n'))
      await writeFile(ndjsonPath, rows.map((row) => JSON.stringify(row)).join('\n'))
      await store.command({
        name: 'write-parquet',
        sql: `INSERT INTO FUNCTION file('${parquetPath}', 'Parquet')
          SELECT t, arrayMap(x -> toFloat32(x), ifNull(e, [])) AS e
          FROM file('${ndjsonPath}', 'JSONEachRow', 't Nullable(String), e Array(Float64)')`,
      })
      const profiles = []
      for (const [i, path] of paths.entries()) {
        const baseline = await freeze(store, `format_${i}`, path)
        expect(baseline).toMatchObject({ status: 'ready', detail: '', n: 90 })
        if (baseline !== undefined) profiles.push(await storedReference(store, baseline))
      }
      const [first, ...others] = profiles
      expect(first?.get('')?.get('t:words')).toMatchObject({ n: 90, missing: 9, typeMismatch: 0 })
      expect(first?.get('')?.get('e:centroid_distance')).toMatchObject({ n: 90, missing: 10 })
      for (const other of others) expect(other).toEqual(first)
    } finally {
      await rm(root, { recursive: true, force: true })
    }
  })

  test('what is no list, of another length or no number is counted as in events', async () => {
    const { store } = opened()
    const root = await directory()
    try {
      const values = ['[1,2,3]', '[1,2]', '[1,null,3]', 'text', 'null', '[]', '', '[1,1e300,3]']
      const lines = ['t,e', ...values.map((e) => `a,"${e}"`)]
      await writeFile(join(root, 'odd.csv'), lines.join('\n'))
      const baseline = await freeze(store, 'odd', join(root, 'odd.csv'))
      if (baseline === undefined) throw new Error('there is a baseline')
      const profiles = await storedReference(store, baseline)
      expect(profiles.get('')?.get('e:norm')).toMatchObject({
        n: 8,
        missing: 3,
        typeMismatch: 2,
        invalid: 2,
      })
    } finally {
      await rm(root, { recursive: true, force: true })
    }
  })

  test('lines of NDJSON that differ in what a feature is are read like events', async () => {
    const { store } = opened()
    const root = await directory()
    try {
      const lists = [[1, 2, 3], [1, 'a', 3], [1, null, 3], [], [[1, 2, 3]], [1, 2]]
      const values: unknown[] = [...lists, 'text', '[4,5,6]', null, 7, { a: 1 }, true]
      const lines = values.map((e) => JSON.stringify({ t: 'a', e }))
      await writeFile(join(root, 'mixed.ndjson'), lines.join('\n'))
      const baseline = await freeze(store, 'mixed', join(root, 'mixed.ndjson'))
      expect(baseline).toMatchObject({ status: 'ready', detail: '', n: values.length })
      if (baseline === undefined) throw new Error('there is a baseline')
      const profiles = await storedReference(store, baseline)
      expect(profiles.get('')?.get('e:norm')).toMatchObject({
        n: 12,
        missing: 2,
        typeMismatch: 6,
        invalid: 2,
        counts: [1, 1],
      })
    } finally {
      await rm(root, { recursive: true, force: true })
    }
  })
})
