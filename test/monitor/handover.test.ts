import pino from 'pino'
import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { createMonitorEvents } from '../../monitor/events.ts'
import { Monitor } from '../../monitor/monitor.ts'
import type { Ownership } from '../../monitor/ownership.ts'
import { insertLedgerRows } from '../../store/insert-ledger-rows.ts'
import { openModelRegistry, type ModelRegistry } from '../../store/model-registry.ts'
import type { Store } from '../../store/client.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { describeStore } from '../support/store.ts'

const minute = 60_000
const start = Date.UTC(2026, 0, 1)

/** A batch of one event of a model, in the minute before now. */
async function touch(store: Store, clock: ManualClock, model: string): Promise<number> {
  const window = Math.floor(clock.now() / minute) * minute
  await insertLedgerRows(store, [
    {
      source: 'test',
      topic: model,
      partition: 0,
      first: clock.now(),
      last: clock.now(),
      batchId: `${model}-${clock.now()}`,
      messages: 1,
      taken: 1,
      rejected: 0,
      held: 0,
      skipped: 0,
      absent: 0,
      lost: 0,
      touched: [{ model, rows: 1, labels: 0, maxEventTime: clock.now(), windows: [window] }],
      insertedAt: clock.now(),
    },
  ])
  return window
}

interface Seat {
  readonly monitor: Monitor
  /** Windows that it evaluated, in order. */
  readonly done: [model: string, window: number][]
}

function seat(
  store: Store,
  { registry, clock, owns }: { registry: ModelRegistry; clock: ManualClock; owns: Ownership },
): Seat {
  const done: Seat['done'] = []
  const monitor = new Monitor({
    store,
    registry,
    clock,
    owns,
    events: createMonitorEvents(new Registry(), pino({ level: 'silent' })),
    intervalMs: 1,
    ledgerOverlapMs: 1000,
    idleMs: 1000,
    runModel: async ({ spec }, progress) => {
      const due = progress.due(spec.windowMs, clock.now())
      for (const window of due) done.push([spec.model, window])
      progress.done(spec.windowMs, due)
      return due.length > 0
    },
  })
  return { monitor, done }
}

const models = ['a', 'b']
const file = (model: string) => ({ model, kind: 'features', window: '1m', lateness: '1s' }) as const

describeStore('models that change hands', (opened) => {
  test('are gone on with where the other monitor stopped, without a window left out', async () => {
    const { store } = opened()
    const clock = new ManualClock(start)
    const registry = await openModelRegistry(store)
    for (const model of models) await registry.put(file(model), 'file')
    const given = { first: ['a', 'b'], second: [] as string[] }
    const first = seat(store, { registry, clock, owns: (model) => given.first.includes(model) })
    const second = seat(store, { registry, clock, owns: (model) => given.second.includes(model) })
    const look = async (): Promise<void> => {
      await first.monitor.tick()
      await second.monitor.tick()
    }
    const wanted: Record<string, number[]> = { a: [], b: [] }
    const pass = async (): Promise<void> => {
      for (const model of models) wanted[model]?.push(await touch(store, clock, model))
      clock.advance(minute)
    }
    await pass()
    await look()
    expect(second.done).toEqual([])
    // Touched, and given away before anybody has evaluated it.
    await pass()
    given.first = ['a']
    given.second = ['b']
    await pass()
    await look()
    given.first = ['b']
    given.second = ['a']
    await pass()
    await look()
    clock.advance(minute)
    await look()
    for (const model of models) {
      const done = [...first.done, ...second.done].filter(([name]) => name === model)
      expect([...new Set(done.map(([, window]) => window))].sort()).toEqual(wanted[model])
    }
    expect(second.done.length).toBeGreaterThan(2)
  })

  test('a model that another process has registered is not too late for its first batch', async () => {
    const { store } = opened()
    const clock = new ManualClock(Date.now())
    const elsewhere = await openModelRegistry(store)
    const registry = await openModelRegistry(store)
    const { monitor, done } = seat(store, { registry, clock, owns: () => true })
    await monitor.tick()
    await elsewhere.put(file('fresh'), 'auto')
    await elsewhere.extend('fresh', new Map([['x', 'numeric']]))
    const window = await touch(store, clock, 'fresh')
    // Its ledger row is read before its description.
    await monitor.tick()
    await registry.refresh()
    clock.advance(2 * minute)
    await monitor.tick()
    expect(done.filter(([model]) => model === 'fresh')).toEqual([['fresh', window]])
  })
})
