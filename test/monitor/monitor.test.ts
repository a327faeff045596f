import { pino } from 'pino'
import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { AppError } from '../../core/errors.ts'
import { createMonitorEvents } from '../../monitor/events.ts'
import { Monitor, type MonitorDeps } from '../../monitor/monitor.ts'
import { insertLedgerRows } from '../../store/insert-ledger-rows.ts'
import { openModelRegistry } from '../../store/model-registry.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { describeStore, type TestStore } from '../support/store.ts'

const start = Date.UTC(2026, 10, 20, 12)
const silent = pino({ level: 'silent' })

async function monitorOf(
  { store }: TestStore,
  clock: ManualClock,
  runModel: MonitorDeps['runModel'],
): Promise<{ monitor: Monitor; prometheus: Registry }> {
  const registry = await openModelRegistry(store)
  for (const model of ['a', 'b'])
    await registry.put(
      { model, kind: 'features', window: '1m', windows: [], lateness: '1s' },
      'file',
    )
  const prometheus = new Registry()
  const monitor = new Monitor({
    ...{ store, registry, clock, runModel, owns: () => true },
    ...{ intervalMs: 1, ledgerOverlapMs: 1000, idleMs: 1000 },
    events: createMonitorEvents(prometheus, silent),
  })
  return { monitor, prometheus }
}

describeStore('a monitor', (opened) => {
  test('that is told to stop begins no further model', async () => {
    const stopping = new AbortController()
    const seen: string[] = []
    const { monitor } = await monitorOf(opened(), new ManualClock(start), async ({ spec }) => {
      seen.push(spec.model)
      stopping.abort()
      return true
    })
    await monitor.run(stopping.signal)
    expect(seen).toEqual(['a'])
  })

  test('says since when closed windows wait, and that none does once they are evaluated', async () => {
    const clock = new ManualClock(start)
    let works = false
    const { monitor, prometheus } = await monitorOf(opened(), clock, async ({ spec }, progress) => {
      if (!works) throw new AppError('STORE_UNAVAILABLE', 'away')
      progress.done(spec.windowMs, progress.due(spec.windowMs, clock.now()))
      return true
    })
    await insertLedgerRows(opened().store, [
      {
        ...{ source: 'http', topic: 'x', partition: 0, first: 0, last: 0, batchId: 'b' },
        ...{ messages: 1, taken: 1, rejected: 0, held: 0, skipped: 0, absent: 0, lost: 0 },
        touched: [{ model: 'a', rows: 1, labels: 0, maxEventTime: start, windows: [start] }],
        insertedAt: start,
      },
    ])
    const behind = async (): Promise<string[]> => {
      const text = await prometheus.getSingleMetricAsString('tidegauge_monitor_behind_seconds')
      return text.split('\n').filter((line) => line.startsWith('tidegauge'))
    }
    const [a, b] = ['a', 'b'].map((model) => `tidegauge_monitor_behind_seconds{model="${model}"}`)
    await monitor.tick()
    expect(await behind()).toEqual([`${a} 0`, `${b} 0`])
    // The window is over, and its source idle.
    clock.advance(120_000)
    await monitor.tick()
    clock.advance(90_000)
    await monitor.tick()
    expect(await behind()).toEqual([`${a} 90`, `${b} 0`])
    works = true
    await monitor.tick()
    expect(await behind()).toEqual([`${a} 0`, `${b} 0`])
  })
})
