import { expect, test } from 'vitest'
import type { Query } from '../../store/query.ts'
import { describeStore } from '../support/store.ts'

const numbers = (count: number, column = 'number'): Query<number> => ({
  name: 'test-stream',
  sql: `SELECT toInt32(${column}) AS n FROM numbers({count:UInt32}) ORDER BY n`,
  params: { count },
  settings: { max_block_size: 1000, max_threads: 1 },
  toRow: ({ n }) => n as number,
})

describeStore('an answer block by block', (opened) => {
  test('comes whole and in its order, in more than one piece', async () => {
    const seen: number[] = []
    let blocks = 0
    for await (const rows of opened().store.stream(numbers(50_000))) {
      seen.push(...rows)
      blocks += 1
    }
    expect(seen).toEqual(Array.from({ length: 50_000 }, (_, i) => i))
    expect(blocks).toBeGreaterThan(1)
  })

  test('may be left early, and other statements run while it is read', async () => {
    const { store } = opened()
    for await (const rows of store.stream(numbers(1_000_000))) {
      expect(rows.length).toBeGreaterThan(0)
      expect(await store.query(numbers(3))).toEqual([0, 1, 2])
      break
    }
    expect(await store.query(numbers(2))).toEqual([0, 1])
  })

  test('that the engine refuses on the way says so with its code', async () => {
    const late = numbers(50_000, "throwIf(number = 40000, 'late') + number")
    const read = async (): Promise<number> => {
      let seen = 0
      for await (const rows of opened().store.stream(late)) seen += rows.length
      return seen
    }
    await expect(read()).rejects.toMatchObject({
      code: 'STORE_REJECTED',
      details: { operation: 'test-stream', clickhouseCode: 395 },
    })
  })

  test('that meets no rows ends at once', async () => {
    const { store } = opened()
    const all: number[] = []
    for await (const rows of store.stream(numbers(0))) all.push(...rows)
    expect(all).toEqual([])
  })
})
