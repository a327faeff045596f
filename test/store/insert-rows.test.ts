import { beforeAll, expect, test } from 'vitest'
import { insertRows, type Cell } from '../../store/insert-rows.ts'
import type { Store } from '../../store/client.ts'
import { describeStore } from '../support/store.ts'

const table = `CREATE TABLE cells (id UInt32, text String, low LowCardinality(String), big Int64,
  huge UInt64, number Nullable(Float64), flag Bool, second DateTime('UTC'),
  milli DateTime64(3, 'UTC'), micro DateTime64(6, 'UTC'), maybe Nullable(DateTime64(3, 'UTC')),
  list Array(String), map Map(String, Float64))
  ENGINE = MergeTree ORDER BY id`

const columns = [
  'id',
  'text',
  'low',
  'big',
  'huge',
  'number',
  'flag',
  'second',
  'milli',
  'micro',
  'maybe',
  'list',
  'map',
]
const at = new Date('2026-11-20T21:00:00.123Z')
const row = (id: number, text: string, number: number | null): Cell[] => [
  id,
  text,
  'live',
  -9007199254740993n,
  18446744073709551615n,
  number,
  true,
  new Date('2026-11-20T21:00:00Z'),
  at,
  at,
  null,
  ['a', "it's", ']'],
  { x: 0.1, y: Number.NaN },
]

interface Read {
  text: string
  number: unknown
  exact: string
}

const read = async (store: Store, from: number, to: number): Promise<Read[]> =>
  store.query<Read>({
    name: 'read-cells',
    sql: `SELECT text, toString(number) AS number,
      concat(toString(big), ' ', toString(huge), ' ', toString(flag), ' ', toString(second), ' ',
        toString(milli), ' ', toString(micro), ' ', ifNull(toString(maybe), 'none'), ' ',
        toString(list), ' ', toString(map)) AS exact
      FROM cells WHERE id >= {from:UInt32} AND id < {to:UInt32} ORDER BY id`,
    params: { from, to },
    toRow: (raw) => ({
      text: String(raw['text']),
      number: raw['number'],
      exact: String(raw['exact']),
    }),
  })

describeStore(
  'insertRows',
  (getStore) => {
    let store: Store
    beforeAll(async () => {
      store = getStore().store
      await store.command({ name: 'make', sql: table })
    })

    test('a row comes back as it went in: 64-bit integers, times, lists, maps and nulls', async () => {
      await insertRows(store, 'cells', columns, [row(1, 'plain', 0.1), row(2, 'none', null)])
      const rows = await read(store, 1, 3)
      expect(rows.map((r) => r.number)).toEqual(['0.1', null])
      expect(rows[0]?.exact).toBe(
        "-9007199254740993 18446744073709551615 true 2026-11-20 21:00:00 2026-11-20 21:00:00.123 2026-11-20 21:00:00.123000 none ['a','it\\'s',']'] {'x':0.1,'y':nan}",
      )
    })

    test('numbers keep their last bit, and NaN and infinities are no zeros', async () => {
      const numbers = [
        Number.NaN,
        Infinity,
        -Infinity,
        5e-324,
        1.7976931348623157e308,
        0.1 + 0.2,
        -0,
      ]
      await insertRows(
        store,
        'cells',
        columns,
        numbers.map((number, i) => row(100 + i, '', number)),
      )
      const back = (await read(store, 100, 107)).map((r) =>
        Number(String(r.number).replace('inf', 'Infinity')),
      )
      expect(back).toEqual(numbers)
    })

    test('text is data whatever it says', async () => {
      const texts = [
        "'; DROP TABLE cells; --",
        'two\nlines\r\n\n; SELECT 1',
        '{"json":[1,"\\"]}',
        '{name:String} \\N \0 \t \\',
        'ünï 🌊 \u2028',
        'half \ud83c',
      ]
      await insertRows(
        store,
        'cells',
        columns,
        texts.map((text, i) => row(200 + i, text, 0)),
      )
      expect((await read(store, 200, 206)).map((r) => r.text)).toEqual([
        ...texts.slice(0, 5),
        'half \ufffd',
      ])
    })

    test('a set larger than one statement arrives whole', async () => {
      const many = Array.from({ length: 10_500 }, (_, i) => row(10_000 + i, 'x'.repeat(500), i))
      await insertRows(store, 'cells', columns, many)
      const [counted] = await store.query({
        name: 'count-cells',
        sql: 'SELECT count() AS n, sum(number) AS total FROM cells WHERE id >= 10000',
        params: {},
        toRow: (raw) => [Number(raw['n']), Number(raw['total'])],
      })
      expect(counted).toEqual([10_500, (10_499 * 10_500) / 2])
    })

    test('no rows is no statement, and a short row is a bug', async () => {
      await expect(insertRows(store, 'no_such_table', ['a'], [])).resolves.toBeUndefined()
      await expect(insertRows(store, 'cells', columns, [[1]])).rejects.toThrow('1 cells, not 13')
    })

    test('a value of the wrong type fails the insert instead of becoming a default', async () => {
      const wrong = row(300, '', 0).with(3, 'not a number')
      const missing = row(301, '', 0).with(1, null)
      await expect(insertRows(store, 'cells', columns, [wrong])).rejects.toThrow('insert cells')
      await expect(insertRows(store, 'cells', columns, [missing])).rejects.toThrow('insert cells')
      expect(await read(store, 300, 302)).toEqual([])
    })
  },
  { migrated: false },
)
