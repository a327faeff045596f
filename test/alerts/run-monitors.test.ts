import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Message } from '../../alerts/message.ts'
import { runMonitors } from '../../alerts/run-monitors.ts'
import type { ActionSpec, MonitorSpec } from '../../core/model-spec.ts'
import type { MetricRow } from '../../store/queries/metric-row.ts'
import {
  at,
  driftMonitor,
  fraudSpec,
  hour,
  MemoryHistory,
  MemoryOutbox,
  metricRow,
  retrain,
  silentEvents,
} from './rows.ts'

/** A model whose windows arrive one by one, in any order; wall time passes a second a call. */
function world(monitor: Partial<MonitorSpec> = {}, action: Partial<ActionSpec> = {}) {
  const outbox = new MemoryOutbox()
  const history = new MemoryHistory(outbox)
  const spec = fraudSpec({ ...driftMonitor, ...monitor }, { ...retrain, ...action })
  let now = at(1000)
  const arrive = async (...rows: MetricRow[]) => {
    history.put(...rows)
    now += 1000
    return runMonitors(
      { history, outbox, events: silentEvents, now: () => now },
      {
        spec,
        revision: 3,
        changedFrom: new Map([[hour, Math.min(...rows.map((row) => row.windowStart))]]),
      },
    )
  }
  return {
    arrive,
    outbox,
    history,
    pass: (ms: number) => {
      now += ms
    },
    told: (): string[] =>
      [...outbox.rows.values()].map((row) => {
        const { type, data } = JSON.parse(row.body) as Message
        const window = (Date.parse(data.window.start) - at(0)) / hour
        return `${window} ${type.split('.')[2]!} ${data.state}${row.state === 'cancelled' ? ` (${row.lastError})` : ''}`
      }),
    valid: (): string[] =>
      [...history.transitionRows.values()]
        .filter(({ valid }) => valid)
        .map((row) => `${row.windowStart} ${row.feature} ${row.from}>${row.to}`)
        .sort(),
  }
}

test('warn, escalation and recovery are told once each, in order', async () => {
  const { arrive, told } = world()
  for (const [i, value] of [0.05, 0.15, 0.16, 0.3, 0.05].entries())
    await arrive(metricRow(i, value))
  expect(told()).toEqual(['1 firing warn', '3 firing critical', '4 resolved ok'])
})

test('evaluating the same windows again tells nothing and stores nothing', async () => {
  const { arrive, told, history } = world()
  await arrive(metricRow(0, 0.15), metricRow(1, 0.05))
  const before = [...history.transitionRows.values()]
  const again = await arrive(metricRow(0, 0.15), metricRow(1, 0.05))
  expect(again).toEqual({ transitions: [], deliveries: [] })
  expect([...history.transitionRows.values()]).toEqual(before)
  expect(told()).toEqual(['0 firing warn', '1 resolved ok'])
})

test('too little data neither resolves nor fires', async () => {
  const { arrive, told } = world()
  await arrive(metricRow(0, 0.15))
  await arrive(metricRow(1, 0.9, { status: 'insufficient_data', nCurrent: 3 }))
  await arrive(metricRow(2, null, { status: 'no_data' }))
  expect(told()).toEqual(['0 firing warn'])
})

test('500 features that drift in one window are one webhook', async () => {
  const { arrive, outbox } = world()
  await arrive(
    ...Array.from({ length: 500 }, (_, i) => metricRow(0, 0.15 + i / 1000, { feature: `f${i}` })),
  )
  expect(outbox.rows.size).toBe(1)
  const [delivery] = [...outbox.rows.values()]
  const { data } = JSON.parse(delivery!.body) as Message
  expect(delivery!.transitionIds).toHaveLength(500)
  expect(data).toMatchObject({ series_total: 500, state: 'critical', config_revision: 3 })
  expect(data.series.map((series) => series.feature).slice(0, 2)).toEqual(['f499', 'f498'])
})

test('an alert that late data moves to an earlier window is not told again', async () => {
  const { arrive, told, valid } = world()
  await arrive(metricRow(4, 0.05))
  await arrive(metricRow(5, 0.15))
  await arrive(metricRow(6, 0.05))
  await arrive(metricRow(4, 0.15, { revision: 2 }))
  expect(valid()).toEqual([`${at(4)} amount ok>warn`, `${at(6)} amount warn>ok`])
  expect(told()).toEqual(['5 firing warn', '6 resolved ok'])
})

test('a firing that late data shows never happened is told as resolved, once', async () => {
  const { arrive, told, outbox, valid } = world()
  await arrive(metricRow(5, 0.3))
  await arrive(metricRow(5, 0.05, { revision: 2 }))
  await arrive(metricRow(5, 0.04, { revision: 3 }))
  expect(valid()).toEqual([])
  expect(told()).toEqual(['5 firing critical', '5 resolved ok'])
  const { data } = JSON.parse([...outbox.rows.values()][1]!.body) as Message
  expect(data.series).toMatchObject([{ from: 'critical', to: 'ok', retracted: true }])
})

test('a firing that was retracted and holds after all is not told under its id again', async () => {
  const { arrive, outbox, valid } = world()
  await arrive(metricRow(5, 0.3))
  await arrive(metricRow(5, 0.05, { revision: 2 }))
  await arrive(metricRow(5, 0.3, { revision: 3 }))
  expect(valid()).toEqual([`${at(5)} amount ok>critical`])
  expect(outbox.saved.map((row) => row.transitionIds[0]?.split('_')[3])).toEqual(['critical', 'ok'])
})

test('late data that makes the same window worse escalates', async () => {
  const { arrive, told } = world()
  await arrive(metricRow(5, 0.15))
  await arrive(metricRow(5, 0.3, { revision: 2 }))
  expect(told()).toEqual(['5 firing warn', '5 firing critical'])
})

test('an action that is added while an alert stands is told of it at the next window', async () => {
  const { arrive, told, outbox } = world()
  await arrive(metricRow(0, 0.15))
  outbox.rows.clear()
  await arrive(metricRow(1, 0.15))
  expect(told()).toEqual(['0 firing warn'])
})

test('a crash between deliveries and transitions neither loses nor repeats a notice', async () => {
  const { arrive, told, history } = world()
  await arrive(metricRow(0, 0.15))
  history.transitionRows.clear()
  await arrive(metricRow(0, 0.15))
  expect(told()).toEqual(['0 firing warn'])
  expect(history.transitionRows.size).toBe(1)
})

test('a retrain that fired within the cooldown is not fired again, and recovery is still told', async () => {
  const { arrive, told, pass } = world({}, { cooldown: '6h' })
  await arrive(metricRow(0, 0.15))
  await arrive(metricRow(1, 0.05))
  await arrive(metricRow(2, 0.3))
  await arrive(metricRow(3, 0.05))
  pass(6 * hour)
  await arrive(metricRow(4, 0.3))
  expect(told()).toEqual([
    '0 firing warn',
    '1 resolved ok',
    '2 firing critical (cooldown)',
    '3 resolved ok',
    '4 firing critical',
  ])
})

test('months of history in one go respect the cooldown by wall clock', async () => {
  const { arrive, outbox } = world({}, { cooldown: '6h', not_after: '1h' })
  await arrive(...Array.from({ length: 200 }, (_, i) => metricRow(i, i % 20 < 10 ? 0.05 : 0.3)))
  const rows = [...outbox.rows.values()]
  const firing = rows.filter((row) => row.body.includes('alert.firing'))
  expect(firing).toHaveLength(10)
  expect(firing.filter((row) => row.state === 'pending')).toHaveLength(1)
})

test('a monitor without actions keeps its states and tells nobody', async () => {
  const { arrive, told, valid } = world({ actions: [] })
  await arrive(metricRow(0, 0.15))
  expect(valid()).toHaveLength(1)
  expect(told()).toEqual([])
})

const values = fc.constantFrom(0.05, 0.15, 0.3, null)
const arrivals = fc
  .record({
    final: fc.array(values, { minLength: 1, maxLength: 10 }),
    rule: fc.constantFrom('1 of 1', '2 of 2', '2 of 3', '3 of 5'),
  })
  .chain(({ final, rule }) =>
    fc.record({
      final: fc.constant(final),
      rule: fc.constant(rule),
      // Guesses that later turn out wrong, then every window's last word, in any order.
      guesses: fc.array(fc.tuple(fc.nat(final.length - 1), values), { maxLength: 8 }),
      order: fc.shuffledSubarray([...final.keys()], {
        minLength: final.length,
        maxLength: final.length,
      }),
    }),
  )

test('whatever order late windows come in, the valid transitions are those of the in-order batch', async () => {
  await fc.assert(
    fc.asyncProperty(arrivals, async ({ final, rule, guesses, order }) => {
      const late = world({ for: rule })
      for (const [window, value] of guesses) await late.arrive(metricRow(window, value))
      for (const window of order) await late.arrive(metricRow(window, final[window]!))
      const batch = world({ for: rule })
      await batch.arrive(...final.map((value, window) => metricRow(window, value)))

      expect(late.valid()).toEqual(batch.valid())
      const ids = late.outbox.saved.flatMap((row) => row.transitionIds)
      expect(new Set(ids).size).toBe(ids.length)
    }),
    { numRuns: 500, seed: -2141825285 },
  )
})
