import { afterAll, beforeAll, expect, test } from 'vitest'
import { ingestFile } from '../../../ingest/sources/file.ts'
import type { TableMapping } from '../../../ingest/sources/table-rows.ts'
import type { Store } from '../../../store/client.ts'
import { withStore, type TestStore } from '../../support/store.ts'
import { loadDeps, select, writeFile } from './load-fixture.ts'

let opened: TestStore
beforeAll(async () => {
  opened = await withStore('embedded')
})
afterAll(async () => opened.close())

const load = async (store: Store, path: string, table: TableMapping, batchRows = 1000) =>
  ingestFile(await loadDeps(store, batchRows), { path, table })

const issues = '`issues.feature` AS feature, `issues.reason` AS reason'

test('quotes, line breaks in cells, empty and unparsable cells of a CSV', async () => {
  const { store } = opened
  const path = writeFile(
    'nasty.csv',
    [
      '\uFEFFid,when,amount,country,zip,vip,"odd, name"',
      '1,2024-05-01 10:00:00,12.50,DE,01234,true,plain',
      '2,2024-05-01T10:00:01.250Z,,"",00501,False,"a ""quoted"" word"',
      '3,2024-05-01,n/a,"F,R",99999,,"two',
      'lines"',
      '4,1714557600,1e3,NA,12345,true,5" pipe',
      '5,2024-05-01 12:00:00+02:00, -7 ,\\N,12345,TRUE,NaN',
      '',
      '6,yesterday,1,DE,1,true,x',
      ...Array.from({ length: 5 }, () => '6,2024-05-02,1,DE,1,true,x'),
    ].join('\r\n'),
  )
  const mapping = { model: 'nasty', id: 'id', ts: 'when', version: '7' }
  const named = { ...mapping, features: ['amount', 'country', 'zip', 'vip'], tags: [] }
  await expect(load(store, path, mapping)).rejects.toMatchObject({
    code: 'FILE_INVALID',
    message: expect.stringContaining('odd, name') as unknown,
  })
  const summary = await load(store, path, named)
  expect(summary).toMatchObject({ accepted: 10, rejected: 1 })
  expect(summary.reasons).toMatchObject([{ reason: 'invalid_timestamp', count: 1, place: 9 }])
  const rows = await select(
    store,
    `SELECT event_id AS id, formatDateTime(ts, '%T', 'UTC') AS at, version AS v,
       \`features.amount\` AS amount, \`features.country\` AS country, \`features.zip\` AS zip,
       \`features.vip\` AS vip, ${issues}
     FROM events_nasty FINAL WHERE id < '6' ORDER BY id`,
  )
  const row = { v: '7', feature: [], reason: [] }
  expect(rows).toEqual([
    { ...row, id: '1', at: '10:00:00', amount: 12.5, country: 'DE', zip: '01234', vip: 'true' },
    { ...row, id: '2', at: '10:00:01', amount: null, country: null, zip: '00501', vip: 'false' },
    {
      ...row,
      id: '3',
      at: '00:00:00',
      amount: null,
      country: 'F,R',
      zip: '99999',
      vip: null,
      feature: ['amount'],
      reason: ['invalid'],
    },
    { ...row, id: '4', at: '10:00:00', amount: 1000, country: 'NA', zip: '12345', vip: 'true' },
    {
      ...row,
      id: '5',
      at: '10:00:00',
      amount: -7,
      country: null,
      zip: '12345',
      vip: 'true',
    },
  ])
})

test('a bad row of a CSV costs only itself, and keeps what it was as a dead letter', async () => {
  const { store } = opened
  const path = writeFile(
    'rows.csv',
    ['x;c', '1;a', '2;a;b', '3', '4;"open', '5;c', '6;"a"b', '7;d'].join('\n'),
  )
  const summary = await load(store, path, { model: 'rows' })
  expect(summary).toMatchObject({ records: 7, accepted: 3, rejected: 4 })
  expect(summary.reasons).toMatchObject([{ reason: 'invalid_row', count: 4, place: 3 }])
  expect(
    await select(
      store,
      'SELECT `features.x` AS x, _offset AS at FROM events_rows FINAL ORDER BY x',
    ),
  ).toEqual([
    { x: 1, at: 0 },
    { x: 5, at: 4 },
    { x: 7, at: 6 },
  ])
  expect(
    await select(
      store,
      `SELECT offset AS at, raw FROM dead_letters FINAL WHERE topic = '${summary.topic}' ORDER BY at`,
    ),
  ).toEqual([
    { at: 1, raw: '2;a;b' },
    { at: 2, raw: '3' },
    { at: 3, raw: '4;"open' },
    { at: 5, raw: '6;"a"b' },
  ])
})

test('predictions, scores, latency, tags and labels come from the columns that are named', async () => {
  const { store } = opened
  const path = writeFile(
    'roles.csv',
    'ts,y,p,ms,region,arm,truth,x\n2024-05-01,1,0.9,12,eu,shadow,1.0,5\n2024-05-01,0,0.2,,us,live,,6\n',
  )
  const mapping: TableMapping = {
    model: 'roles',
    ts: 'ts',
    prediction: 'y',
    score: 'p',
    latency: 'ms',
    tags: ['region'],
    variantColumn: 'arm',
    label: 'truth',
  }
  const summary = await load(store, path, mapping)
  expect(summary).toMatchObject({ records: 3, accepted: 3 })
  const rows = await select(
    store,
    `SELECT event_id AS id, prediction, score, latency_ms AS ms, tags, variant, \`features.x\` AS x
     FROM events_roles FINAL ORDER BY x`,
  )
  const id = (row: number): string => `${summary.topic.slice(0, 32)}:${row}`
  expect(rows).toEqual([
    {
      id: id(0),
      prediction: '1',
      score: 0.9,
      ms: 12,
      tags: { region: 'eu' },
      variant: 'shadow',
      x: 5,
    },
    {
      id: id(1),
      prediction: '0',
      score: 0.2,
      ms: null,
      tags: { region: 'us' },
      variant: 'live',
      x: 6,
    },
  ])
  // As a number: a label of 1.0 and a prediction of 1 are the same class.
  expect(
    await select(store, "SELECT event_id AS id, label FROM labels FINAL WHERE model = 'roles'"),
  ).toEqual([{ id: id(0), label: '1' }])

  const other = await load(store, path, { ...mapping, tags: ['region', 'arm'] })
  expect(other).toMatchObject({ skipped: 0, records: 3 })
  expect(await select(store, 'SELECT count() AS n FROM events_roles FINAL')).toEqual([{ n: 2 }])
})

test('rows may be labels only, of events that came before', async () => {
  const { store } = opened
  const events = writeFile('served.csv', 'id,x\na,1\nb,2\n')
  await load(store, events, { model: 'late', id: 'id' })
  const labels = writeFile('truth.csv', 'id,y,note\na,1,x\nb,,x\n')
  const mapping = { model: 'late', id: 'id', label: 'y', labelsOnly: true }
  expect(await load(store, labels, mapping)).toMatchObject({ records: 1, accepted: 1 })
  expect(
    await select(store, 'SELECT count() AS n, sum(`features.x`) AS x FROM events_late FINAL'),
  ).toEqual([{ n: 2, x: 3 }])
  expect(
    await select(store, "SELECT event_id, label FROM labels FINAL WHERE model = 'late'"),
  ).toEqual([{ event_id: 'a', label: '1' }])
  await expect(
    load(store, labels, { model: 'late', label: 'y', labelsOnly: true }),
  ).rejects.toThrow('id and label')
})

test('what the model declares overrules what a column looks like', async () => {
  const { store } = opened
  const deps = await loadDeps(store)
  await deps.registry.put(
    {
      model: 'declared',
      task: 'regression',
      features: { code: 'categorical', amount: 'numeric', flag: 'boolean' },
    },
    'api',
  )
  const path = writeFile('declared.csv', 'code,amount,flag,y\n1,few,1,high\n2,3,0,4.5\n3,,maybe,\n')
  await ingestFile(deps, { path, table: { model: 'declared', prediction: 'y' } })
  expect(
    await select(
      store,
      `SELECT \`features.code\` AS code, \`features.amount\` AS amount, \`features.flag\` AS flag,
         prediction AS y, ${issues} FROM events_declared FINAL ORDER BY code`,
    ),
  ).toEqual([
    {
      code: '1',
      amount: null,
      flag: 'true',
      y: null,
      feature: ['amount', 'prediction'],
      reason: ['invalid', 'invalid'],
    },
    { code: '2', amount: 3, flag: 'false', y: 4.5, feature: [], reason: [] },
    {
      code: '3',
      amount: null,
      flag: null,
      y: null,
      feature: ['flag'],
      reason: ['type_mismatch'],
    },
  ])
})

test.each([
  {
    name: 'a column that is not there',
    file: 'a.csv',
    mapping: { ts: 'when' },
    message: 'no column "when"; it has x, y',
  },
  { name: 'two columns of one name', file: 'twice.csv', message: 'two columns "y"' },
  { name: 'text called Parquet', file: 'text.parquet', message: 'cannot be read as Parquet' },
  { name: 'a name that is a pattern', file: 'a{b,c}.parquet', message: 'pattern' },
])('$name is refused as a whole', async ({ file, mapping = {}, message }) => {
  const header = file === 'twice.csv' ? 'y,y' : 'x,y'
  const path = writeFile(file, `${header}\n1,2\n`)
  await expect(load(opened.store, path, { model: 'refused', ...mapping })).rejects.toMatchObject({
    code: 'FILE_INVALID',
    message: expect.stringContaining(message) as unknown,
  })
})
