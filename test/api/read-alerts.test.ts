import { afterAll, beforeAll, expect, test } from 'vitest'
import { storeAlerts, storeDeliveries } from '../../api/read-store.ts'
import { insertRows, type Cell } from '../../store/insert-rows.ts'
import { withStore, type TestStore } from '../support/store.ts'

let opened: TestStore
beforeAll(async () => {
  opened = await withStore('embedded')
})
afterAll(() => opened.close())

const at = (hour: number, ms = 0): Date => new Date(Date.UTC(2026, 10, 20, hour, 0, 0, ms))

async function insert(table: string, rows: readonly Record<string, Cell>[]): Promise<void> {
  const columns = Object.keys(rows[0] ?? {})
  const cells = rows.map((row) => columns.map((column) => row[column] ?? null))
  await insertRows(opened.store, table, columns, cells)
}

const transition = (over: Record<string, Cell>): Record<string, Cell> => ({
  model: 'fraud',
  monitor: 'drift',
  version: '7',
  variant: 'live',
  slice: '',
  feature: 'amount',
  window_start: at(1),
  window_end: at(2),
  transition_id: 't1',
  from_state: 'ok',
  to_state: 'critical',
  valid: true,
  evidence: '{"value":0.3}',
  revision: 1,
  created_at: at(2),
  changed_at: at(2),
  ...over,
})

test('an alert is where its last valid transition led', async () => {
  await insert('transitions', [
    transition({}),
    transition({ window_start: at(2), transition_id: 't2', to_state: 'ok', valid: false }),
    transition({ feature: 'hour', transition_id: 't3' }),
    transition({ feature: 'hour', window_start: at(3), transition_id: 't4', to_state: 'ok' }),
    transition({ model: 'churn', transition_id: 't5', to_state: 'warn' }),
  ])
  const { current, transitions } = storeAlerts(opened.store)
  const all = await current({ models: null }, { limit: 2, after: null })
  expect(all.rows.map((row) => [row.model, row.feature, row.to_state])).toEqual([
    ['churn', 'amount', 'warn'],
    ['fraud', 'amount', 'critical'],
  ])
  const rest = await current({ models: null }, { limit: 2, after: all.next })
  expect(rest).toMatchObject({ rows: [{ feature: 'hour', to_state: 'ok' }], next: null })
  const firing = await current({ models: ['fraud'], state: 'critical' }, { limit: 9, after: null })
  expect(firing.rows).toMatchObject([{ transition_id: 't1', evidence: { value: 0.3 } }])

  const newest = await transitions({ models: ['fraud'] }, { limit: 3, after: null })
  expect(newest.rows.map((row) => row.transition_id)).toEqual(['t4', 't2', 't3'])
  const oldest = await transitions({ models: ['fraud'] }, { limit: 3, after: newest.next })
  expect(oldest.rows.map((row) => row.transition_id)).toEqual(['t1'])
  const revised = await transitions({ models: null, valid: false }, { limit: 3, after: null })
  expect(revised.rows.map((row) => row.transition_id)).toEqual(['t2'])
})

test('deliveries come newest first and by id', async () => {
  const delivery = (id: string, hour: number, over: Record<string, Cell> = {}) => ({
    delivery_id: id,
    model: 'fraud',
    monitor: 'drift',
    action: 'retrain',
    transition_ids: ['t1'],
    state: 'pending',
    body: '{}',
    last_status: null,
    created_at: at(hour, 3),
    next_attempt_at: at(hour),
    changed_at: at(hour),
    ...over,
  })
  await insert('deliveries', [
    delivery('d1', 1),
    delivery('d2', 2),
    delivery('d1', 1, { state: 'delivered', last_status: 200, changed_at: at(5) }),
    delivery('d3', 3, { model: 'churn' }),
  ])
  const { list } = storeDeliveries(opened.store)
  const first = await list({ models: null }, { limit: 2, after: null })
  expect(first.rows.map((row) => row.delivery_id)).toEqual(['d3', 'd2'])
  const rest = await list({ models: null }, { limit: 2, after: first.next })
  expect(rest.rows).toMatchObject([{ delivery_id: 'd1', state: 'delivered', last_status: 200 }])
  const other = await list({ models: ['fraud'], delivery_id: 'd3' }, { limit: 1, after: null })
  expect(other.rows).toEqual([])
})
