import { beforeAll, beforeEach, expect, test } from 'vitest'
import { runMonitors } from '../../alerts/run-monitors.ts'
import { createStoreAlertHistory, createStoreOutbox } from '../../alerts/store-outbox.ts'
import type { AlertHistory, Outbox } from '../../alerts/ports.ts'
import type { Store } from '../../store/client.ts'
import { insertRows } from '../../store/insert-rows.ts'
import type { MetricRow } from '../../store/queries/metric-row.ts'
import { describeStore, truncateTable } from '../support/store.ts'
import {
  at,
  deliveryRow,
  driftMonitor,
  fraudSpec,
  hour,
  metricRow,
  policyOf,
  silentEvents,
} from './rows.ts'

describeStore('alerts in the store', (getStore) => {
  let store: Store
  let outbox: Outbox
  let history: AlertHistory
  beforeAll(() => {
    store = getStore().store
    outbox = createStoreOutbox(store)
    history = createStoreAlertHistory(store)
  })
  beforeEach(async () => {
    for (const table of ['metrics', 'transitions', 'deliveries']) await truncateTable(store, table)
  })

  test('a delivery comes back as it was saved, its last change counting', async () => {
    const row = deliveryRow({
      transitionIds: ['tr_a_1_warn', 'tr_b_1_warn'],
      state: 'failed_retry',
      attempts: 3,
      notAfter: at(9),
      body: '{"text":"ü\\n\'; DROP"}',
      lastStatus: 503,
      lastError: 'status 503',
      lastResponse: 'down \u0000',
      history: '[{"at":"x"}]',
      deliveredAt: at(2) + 7,
      changedAtUs: at(1) * 1000 + 456,
    })
    await outbox.save([row])
    await outbox.save([{ ...row, state: 'pending', changedAtUs: row.changedAtUs - 1 }])
    expect(await outbox.find('msg_1')).toEqual(row)
    expect(await outbox.find('msg_2')).toBeUndefined()
  })

  test('of each target the oldest open delivery is due, once its time has come', async () => {
    await outbox.save([
      deliveryRow({ deliveryId: 'msg_done', createdAt: at(0), state: 'delivered' }),
      deliveryRow({ deliveryId: 'msg_b', createdAt: at(0) + 2 }),
      deliveryRow({ deliveryId: 'msg_c', createdAt: at(0) + 3 }),
      deliveryRow({
        deliveryId: 'msg_a',
        createdAt: at(0) + 1,
        model: 'other',
        state: 'failed_retry',
      }),
      deliveryRow({ deliveryId: 'msg_later', model: 'third', nextAttemptAt: at(5) }),
      deliveryRow({ deliveryId: 'msg_behind', model: 'third', createdAt: at(0) + 1 }),
    ])
    const ids = async (now: number, limit = 10) =>
      (await outbox.due(now, limit)).map((row) => row.deliveryId)
    expect(await ids(at(1))).toEqual(['msg_a', 'msg_b'])
    expect(await ids(at(1), 1)).toEqual(['msg_a'])
    expect(await ids(at(5))).toEqual(['msg_later', 'msg_a', 'msg_b'])
    await outbox.save([
      deliveryRow({
        deliveryId: 'msg_b',
        createdAt: at(0) + 2,
        state: 'delivered',
        changedAtUs: at(1) * 1000,
      }),
    ])
    expect(await ids(at(1))).toEqual(['msg_a', 'msg_c'])
  })

  test('the metrics of a monitor are its own, with the last judged windows before', async () => {
    const policy = policyOf({ for: '2 of 3', features: ['amount'] })
    await insertMetrics(store, [
      metricRow(0, 0.1),
      metricRow(1, 0.2),
      metricRow(2, 0.3),
      metricRow(3, null, { status: 'no_data' }),
      metricRow(4, 0.4, { nCurrent: 3 }),
      metricRow(5, 0.5, { pValue: 0.01, pAdjusted: 0.02, labelCoverage: 0.5 }),
      metricRow(6, 0.6, { status: 'insufficient_data' }),
      metricRow(5, 9, { feature: 'country' }),
      metricRow(5, 9, { slice: 'country=DE' }),
      metricRow(5, 9, { baseline: 'last_week' }),
      metricRow(5, 9, { metric: 'ks', method: 'ks/binned' }),
      metricRow(5, 9, { model: 'other' }),
      metricRow(5, 9, { window: '1d' }),
      metricRow(2, 0.35, { version: '8' }),
      metricRow(5, 0.55, { revision: 2, pAdjusted: 0.02 }),
    ])
    const { rows, previous } = await history.metrics('fraud', policy, {
      from: at(5),
      limit: policy.n - 1,
    })
    expect(rows).toEqual([
      metricRow(5, 0.55, { revision: 2, pAdjusted: 0.02 }),
      metricRow(6, 0.6, { status: 'insufficient_data' }),
    ])
    expect(previous.map((row) => [row.version, row.value])).toEqual([
      ['7', 0.2],
      ['7', 0.3],
      ['8', 0.35],
    ])
    const byMethod = policyOf({ metric: 'ks/binned', for: '1 of 1' })
    expect(
      (await history.metrics('fraud', byMethod, { from: at(0), limit: 0 })).rows,
    ).toMatchObject([{ metric: 'ks' }])
  })

  test('every slice is read where the monitor asks for all', async () => {
    await insertMetrics(store, [metricRow(1, 1), metricRow(1, 2, { slice: 'country=DE' })])
    const values = async (slices: string[]) =>
      (await history.metrics('fraud', policyOf({ slices }), { from: at(0), limit: 0 })).rows.map(
        (row) => row.value,
      )
    expect(await values(['*'])).toEqual([1, 2])
    expect(await values(['country=DE'])).toEqual([2])
  })

  test('windows that arrive one by one, late ones too, tell what happened once', async () => {
    const spec = fraudSpec({ ...driftMonitor, for: '2 of 2' })
    let now = at(1000)
    const arrive = async (...rows: MetricRow[]) => {
      await insertMetrics(store, rows)
      now += 1000
      const changedFrom = new Map([[hour, Math.min(...rows.map((row) => row.windowStart))]])
      const run = await runMonitors(
        { history, outbox, events: silentEvents, now: () => now },
        { spec, revision: 1, changedFrom },
      )
      const { stored } = await history.transitions('fraud', 'input-drift', at(0))
      return {
        told: run.deliveries.map((row) => row.transitionIds.map((id) => id.split('_')[3])),
        valid: stored
          .filter((row) => row.valid)
          .map((row) => `${(row.windowStart - at(0)) / hour}:${row.from}>${row.to}`),
      }
    }
    expect(await arrive(metricRow(0, 0.3))).toEqual({ told: [], valid: ['0:ok>pending'] })
    expect(await arrive(metricRow(2, 0.3))).toEqual({
      told: [['critical']],
      valid: ['0:ok>pending', '2:pending>critical'],
    })
    expect((await arrive(metricRow(3, 0.05), metricRow(4, 0.05))).told).toEqual([['ok']])
    expect(await arrive(metricRow(1, 0.3))).toEqual({
      told: [],
      valid: ['0:ok>pending', '1:pending>critical', '3:critical>ok'],
    })
    expect((await arrive(metricRow(1, 0.3))).told).toEqual([])
  })

  test('what each action was told last, and when it last fired, is read from the deliveries', async () => {
    const seconds = (i: number) => at(i) / 1000
    const id = (i: number, state: string) => `tr_aa_${seconds(i)}_${state}`
    await outbox.save([
      deliveryRow({ deliveryId: 'msg_1', transitionIds: [id(1, 'warn')], createdAt: at(10) }),
      deliveryRow({ deliveryId: 'msg_2', transitionIds: [id(2, 'ok')], createdAt: at(11) }),
      deliveryRow({
        deliveryId: 'msg_3',
        transitionIds: [id(3, 'critical')],
        createdAt: at(12),
        state: 'cancelled',
      }),
      deliveryRow({ deliveryId: 'msg_4', transitionIds: [id(1, 'warn')], action: 'page' }),
      deliveryRow({ deliveryId: 'msg_5', transitionIds: [id(9, 'ok')], monitor: 'other' }),
    ])
    const told = await history.told('fraud', 'input-drift', at(2))
    expect([...told.keys()]).toEqual(['aa page', 'aa retrain'])
    expect(told.get('aa retrain')).toMatchObject({ state: 'critical', windowStart: at(3) })
    expect([...told.get('aa retrain')!.transitionIds].sort()).toEqual([
      id(2, 'ok'),
      id(3, 'critical'),
    ])
    expect(told.get('aa page')).toMatchObject({ state: 'warn', transitionIds: [] })
    expect(await history.lastFiring('fraud')).toEqual(
      new Map([
        ['page', at(0)],
        ['retrain', at(10)],
      ]),
    )
  })
})

async function insertMetrics(store: Store, rows: readonly MetricRow[]): Promise<void> {
  const columns =
    'model version variant window_start window_end window slice feature metric method value p_value p_adjusted effect noise_floor n_reference n_current label_coverage baseline status revision computed_at delete_after'
  await insertRows(
    store,
    'metrics',
    columns.split(' '),
    rows.map((row) => [
      ...[row.model, row.version, row.variant],
      ...[new Date(row.windowStart), new Date(row.windowEnd), row.window],
      ...[row.slice, row.feature, row.metric, row.method],
      ...[row.value, row.pValue, row.pAdjusted, row.effect, row.noiseFloor],
      ...[row.nReference, row.nCurrent, row.labelCoverage, row.baseline],
      ...[row.status, row.revision, new Date(0), '2100-01-01'],
    ]),
  )
}
