import { expect, test } from 'vitest'
import { insertDeliveries } from '../../store/queries/deliveries-insert.ts'
import { readContents } from '../../bin/doctor-contents.ts'
import { insertMetrics } from '../../store/insert-metrics.ts'
import { insertPartitionHalt } from '../../store/insert-partition-halt.ts'
import { insertRows } from '../../store/insert-rows.ts'
import { openModelRegistry } from '../../store/model-registry.ts'
import { deliveryRow, metricRow } from '../alerts/rows.ts'
import { describeStore } from '../support/store.ts'

describeStore('what lies in the store', (opened) => {
  test('of an empty one there is nothing to say', async () => {
    const contents = await readContents(opened().store, new Set())
    expect(contents).toMatchObject({ specs: [], activeKeys: 0 })
    expect(contents.findings.map(({ result }) => result)).toEqual(['ok'])
  })

  test('baselines that failed or wait, models gone stale or without their file, halts, dead webhooks', async () => {
    const { store } = opened()
    const registry = await openModelRegistry(store)
    await registry.put({ model: 'fraud' }, 'file')
    await registry.put({ model: 'by-api' }, 'api')
    const baseline = (name: string, status: string, detail: string) => [
      ...['fraud', name, 1, 'file', '', '{"source":{},"frozen":null}', 0, status, detail, 0],
      ...[new Date(), new Date()],
    ]
    const columns = ['model', 'baseline', 'revision', 'kind', 'version', 'definition', 'binning']
    await insertRows(
      store,
      'baselines',
      [...columns, 'status', 'detail', 'n', 'created_at', 'changed_at'],
      [
        baseline('broken', 'failed', 'no column for amount'),
        baseline('later', 'pending', 'there is no file yet'),
        baseline('well', 'ready', ''),
      ],
    )
    const now = Date.now()
    const volume = { metric: 'throughput', feature: '', slice: '', baseline: '', model: 'fraud' }
    const window = { window: '5m', windowStart: now - 90_000_000, windowEnd: now - 89_700_000 }
    await insertMetrics(store, [metricRow(0, 1, { ...volume, ...window })], {
      at: now,
      retentionDays: 90,
    })
    await insertPartitionHalt(store, {
      ...{ source: 'kafka:main', topic: 'events', partition: 3, state: 'halted', offset: 42 },
      ...{ exceeded: 'run', reason: 'invalid_json', detail: '', refused: 1, seen: 1 },
      ...{ releasedBy: '', haltedAt: now, changedAt: now },
    })
    const dead = { state: 'dead', lastError: 'status 404', createdAt: now } as const
    await insertDeliveries(store, [
      deliveryRow({ ...dead, deliveryId: 'msg_new', changedAtUs: now * 1000 }),
      deliveryRow({ ...dead, deliveryId: 'msg_old', changedAtUs: (now - 200_000_000) * 1000 }),
    ])
    const { findings, specs } = await readContents(store, new Set())
    expect(findings.map(({ check, result, detail }) => `${check} ${result}: ${detail}`)).toEqual([
      'models ok: 2 are registered',
      expect.stringMatching(/^model fraud warn: its file is not in/),
      'model fraud fail: baseline "broken" failed: no column for amount',
      'model fraud warn: baseline "later" waits: there is no file yet',
      expect.stringMatching(/^model fraud warn: newest window of 5m ended at /),
      'partition kafka:main events 3 fail: halted at offset 42',
      'webhooks warn: 1 were given up in the last day, such as fraud/retrain: status 404',
    ])
    expect(findings.filter(({ result, remedy }) => result !== 'ok' && remedy === '')).toEqual([])
    expect(specs.map(({ model }) => model).toSorted()).toEqual(['by-api', 'fraud'])
  })
})
