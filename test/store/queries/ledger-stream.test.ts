import { expect, test } from 'vitest'
import { insertLedgerRows, type LedgerRow } from '../../../store/insert-ledger-rows.ts'
import { ledgerStream } from '../../../store/queries/ledger-stream.ts'
import { describeStore } from '../../support/store.ts'

const row = (topic: string, first: number, last: number, partition = 0): LedgerRow => ({
  source: 'kafka:main',
  topic,
  partition,
  first,
  last,
  batchId: `${topic}-${partition}-${first}`,
  messages: last - first + 1,
  taken: last - first + 1,
  rejected: 0,
  held: 0,
  skipped: 0,
  absent: 0,
  lost: 0,
  touched: [],
  insertedAt: Date.now(),
})

describeStore('where a stream stands', (opened) => {
  test('is behind the greatest offset of its latest generation', async () => {
    const { store } = opened()
    await insertLedgerRows(store, [
      row('orders', 0, 99),
      row('orders', 100, 4_294_967_296),
      row('orders', 0, 9, 1),
      row('again', 0, 999),
      row('again@2', 0, 4),
      row('again@10', 0, 2),
      row('again-other', 0, 77),
    ])
    const standing = async (topic: string, partition = 0) =>
      store.query(ledgerStream({ source: 'kafka:main', topic, partition }))
    expect(await standing('orders')).toEqual([{ stream: 'orders', next: 4_294_967_297 }])
    expect(await standing('orders', 1)).toEqual([{ stream: 'orders', next: 10 }])
    expect(await standing('again')).toEqual([{ stream: 'again@10', next: 3 }])
    expect(await standing('unknown')).toEqual([])
  })
})
