import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as arrow from 'apache-arrow'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Store } from '../../store/client.ts'
import { seeded } from '../support/seeded.ts'
import { describeStore } from '../support/store.ts'

const createTypes = `
CREATE TABLE types (
  n Int64,
  text String,
  \`features.amount\` Nullable(Float64),
  \`features.country\` LowCardinality(Nullable(String)),
  at DateTime64(3, 'UTC'),
  names Array(LowCardinality(String)),
  tags Map(LowCardinality(String), String),
  flag Bool
) ENGINE = ReplacingMergeTree ORDER BY n`

const dictionary = new arrow.Dictionary(new arrow.Utf8(), new arrow.Int32())
const entry = new arrow.Struct<{ key: arrow.Utf8; value: arrow.Utf8 }>([
  new arrow.Field('key', new arrow.Utf8(), false),
  new arrow.Field('value', new arrow.Utf8(), false),
])
const types = {
  n: new arrow.Int64(),
  text: new arrow.Utf8(),
  'features.amount': new arrow.Float64(),
  'features.country': dictionary,
  at: new arrow.TimestampMillisecond('UTC'),
  names: new arrow.List(new arrow.Field('item', new arrow.Utf8(), false)),
  tags: new arrow.Map_(new arrow.Field('entries', entry, false)),
  flag: new arrow.Bool(),
}

/** One IPC stream of the columns, cut into pieces without regard to its messages. */
function ipc(columns: Readonly<Record<string, arrow.Vector>>, pieceBytes = 1000): Uint8Array[] {
  const bytes = arrow.tableToIPC(new arrow.Table(columns), 'stream')
  return Array.from({ length: Math.ceil(bytes.length / pieceBytes) }, (_, i) =>
    bytes.subarray(i * pieceBytes, (i + 1) * pieceBytes),
  )
}

const rows = {
  n: [1n, 2n, 3n],
  text: ["it's\n\\", 'Zürich 東京 🌊', ''],
  'features.amount': [1.5, null, -1e300],
  'features.country': ['DE', null, 'DE'],
  at: [Date.UTC(2026, 10, 20, 21, 0, 0, 123), 0, 1],
  names: [['a', 'b'], [], ['a']],
  tags: [new Map([['region', 'eu']]), new Map(), new Map([['k', "v'"]])],
  flag: [true, false, true],
}

describeStore(
  'columnar inserts',
  (opened) => {
    let directory = ''
    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), 'tidegauge-files-'))
      await opened().store.command({ name: 'test-create', sql: createTypes })
      await opened().store.command({
        name: 'test-create',
        sql: 'CREATE TABLE big (n UInt32, x Float64) ENGINE = ReplacingMergeTree ORDER BY n',
      })
    })
    afterAll(async () => rm(directory, { recursive: true, force: true }))

    const read = (sql: string): Promise<Readonly<Record<string, unknown>>[]> =>
      opened().store.query({ name: 'test-read', sql, params: {}, toRow: (raw) => raw })

    test('every type of the events table arrives as it was sent', async () => {
      const columns = Object.fromEntries(
        Object.entries(types).map(([name, type]) => [
          name,
          arrow.vectorFromArray(rows[name as keyof typeof rows], type),
        ]),
      )
      await opened().store.insertArrow({
        table: 'types',
        columns: Object.keys(types),
        arrow: ipc(columns),
      })
      expect(await read('SELECT * FROM types FINAL ORDER BY n')).toEqual([
        {
          n: 1,
          text: "it's\n\\",
          'features.amount': 1.5,
          'features.country': 'DE',
          at: '2026-11-20 21:00:00.123',
          names: ['a', 'b'],
          tags: { region: 'eu' },
          flag: true,
        },
        {
          n: 2,
          text: 'Zürich 東京 🌊',
          'features.amount': null,
          'features.country': null,
          at: '1970-01-01 00:00:00.000',
          names: [],
          tags: {},
          flag: false,
        },
        {
          n: 3,
          text: '',
          'features.amount': -1e300,
          'features.country': 'DE',
          at: '1970-01-01 00:00:00.001',
          names: ['a'],
          tags: { k: "v'" },
          flag: true,
        },
      ])
    })

    test('the same rows sent again count once', async () => {
      const batch = { n: arrow.vectorFromArray([7, 8], new arrow.Uint32()) }
      const send = (): Promise<void> =>
        opened().store.insertArrow({ table: 'big', columns: ['n'], arrow: ipc(batch) })
      await Promise.all([send(), send(), send()])
      expect(await read('SELECT n FROM big FINAL ORDER BY n')).toEqual([{ n: 7 }, { n: 8 }])
    })

    test('a batch of 200 000 rows in several pieces arrives whole', async () => {
      const random = seeded(1)
      const x = Float64Array.from({ length: 200_000 }, () => random.int(-1000, 1000))
      const n = Uint32Array.from(x, (_, i) => 1000 + i)
      const pieces = ipc({ n: arrow.makeVector(n), x: arrow.makeVector(x) }, 300_000)
      expect(pieces.length).toBeGreaterThan(1)
      await opened().store.insertArrow({ table: 'big', columns: ['n', 'x'], arrow: pieces })
      const [sums] = await read('SELECT count() AS c, sum(x) AS s FROM big FINAL WHERE n >= 1000')
      expect(sums).toEqual({ c: 200_000, s: x.reduce((total, value) => total + value, 0) })
    })

    test('inserts at the same time do not mix', async () => {
      await Promise.all(
        Array.from({ length: 12 }, (_, i) =>
          opened().store.insertArrow({
            table: 'big',
            columns: ['n', 'x'],
            arrow: ipc({
              n: arrow.vectorFromArray([900 + i], new arrow.Uint32()),
              x: arrow.vectorFromArray([i], new arrow.Float64()),
            }),
          }),
        ),
      )
      const [sums] = await read(
        'SELECT count() AS c, sum(x) AS s FROM big FINAL WHERE n BETWEEN 900 AND 911',
      )
      expect(sums).toEqual({ c: 12, s: 66 })
    })

    test('a column of another type is refused for good, and nothing of the batch stays', async () => {
      const bad = {
        n: arrow.vectorFromArray([500], new arrow.Uint32()),
        x: arrow.vectorFromArray(['not a number'], new arrow.Utf8()),
      }
      const insert = opened().store.insertArrow({
        table: 'big',
        columns: ['n', 'x'],
        arrow: ipc(bad),
      })
      await expect(insert).rejects.toMatchObject({ code: 'STORE_REJECTED', retryable: false })
      expect(await read('SELECT n FROM big FINAL WHERE n = 500')).toEqual([])
    })

    test.each([
      ['CSVWithNames', 'id,value\n1,"a,b"\n2,"it\'s"\n'],
      ['JSONEachRow', '{"id":1,"value":"a,b"}\n{"id":2,"value":"it\'s"}\n'],
    ] as const)('a %s file is loaded through its select list', async (format, content) => {
      const file = join(directory, `load.${format}`)
      await writeFile(file, content)
      await opened().store.command({
        name: 'test-create',
        sql: `CREATE TABLE loaded_${format} (n Int32, text String) ENGINE = ReplacingMergeTree ORDER BY n`,
      })
      await opened().store.insertFile({
        table: `loaded_${format}`,
        columns: ['n', 'text'],
        select: ['id * 10', 'upper(value)'],
        structure: 'id Int32, value String',
        format,
        file,
      })
      expect(await read(`SELECT * FROM loaded_${format} FINAL ORDER BY n`)).toEqual([
        { n: 10, text: 'A,B' },
        { n: 20, text: "IT'S" },
      ])
    })

    test('a Parquet file is loaded, nulls as nulls', async () => {
      const file = join(directory, 'load.parquet')
      await writeParquet(opened().store, file)
      await opened().store.command({
        name: 'test-create',
        sql: 'CREATE TABLE parquet (n Int32, x Nullable(Float64)) ENGINE = ReplacingMergeTree ORDER BY n',
      })
      await opened().store.insertFile({
        table: 'parquet',
        columns: ['n', 'x'],
        select: ['toInt32(id)', 'value'],
        structure: 'id Int64, value Nullable(Float64)',
        format: 'Parquet',
        file,
      })
      expect(await read('SELECT * FROM parquet FINAL ORDER BY n')).toEqual([
        { n: 0, x: null },
        { n: 1, x: 0.5 },
        { n: 2, x: 1 },
      ])
    })

    test('a file that is not there fails with an error that says so', async () => {
      const load = opened().store.insertFile({
        table: 'big',
        columns: ['n'],
        select: ['n'],
        structure: 'n UInt32',
        format: 'JSONEachRow',
        file: join(directory, 'nowhere.ndjson'),
      })
      await expect(load).rejects.toMatchObject({ code: 'FILE_INVALID' })
    })
  },
  { migrated: false },
)

async function writeParquet(store: Store, file: string): Promise<void> {
  await store.command({
    name: 'test-write-parquet',
    sql: `INSERT INTO FUNCTION file({file:String}, 'Parquet') SELECT toInt64(number) AS id, if(number = 0, NULL, number / 2) AS value FROM numbers(3)`,
    params: { file },
  })
}
