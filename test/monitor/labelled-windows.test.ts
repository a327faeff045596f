import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { modelSpec, type ModelSpec } from '../../core/model-spec.ts'
import { LabelLookups } from '../../monitor/labelled-windows.ts'
import { ModelProgress } from '../../monitor/progress.ts'
import type { Store } from '../../store/client.ts'
import { createModel, insertEvents } from '../store/queries/profile-fixture.ts'
import { insertLabels } from '../store/queries/outcome-fixture.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { withStore, type TestStore } from '../support/store.ts'

const minute = 60_000
const hour = 60 * minute
const t0 = Date.parse('2026-03-01T10:00:00Z')

let opened: TestStore
let store: Store
let spec: ModelSpec
beforeAll(async () => {
  opened = await withStore('embedded')
  store = opened.store
  spec = await createModel(store, {
    model: 'm',
    task: 'binary_classification',
    window: '1m',
    windows: ['1h'],
    label_delay: '1h',
  })
  const events = [
    { id: 'old', ts: t0 - 40 * 24 * hour, features: {} },
    { id: 'a', ts: t0, features: {} },
    { id: 'b', ts: t0 + minute, features: {} },
    { id: 'c', ts: t0 + minute + 1, features: {} },
  ]
  await insertEvents(store, spec, events)
})
afterAll(() => opened.close())

let clock: ManualClock
let found: { inTime: number; late: number; unmatched: number }[]
let lookups: LabelLookups
let progress: ModelProgress
beforeEach(() => {
  clock = new ManualClock(t0 + 2 * hour)
  found = []
  const events = { labelsLookedUp: (_: string, one: (typeof found)[number]) => found.push(one) }
  lookups = new LabelLookups({ store, clock, events, labelIntervalMs: 10_000 })
  const options = { windowsMs: spec.windowsMs, latenessMs: minute, idleMs: 0 }
  progress = new ModelProgress(options)
})

/** Labels of a batch that was written some seconds after its labels were. */
async function arrive(at: number, ids: readonly string[], ts = t0 + hour / 2): Promise<void> {
  await insertLabels(
    store,
    'm',
    ids.map((id) => ({ id, label: '1', ts, ingestedAt: at - 5_000 })),
  )
  progress.labels.add(at, ids.length)
}

describe('a look', () => {
  test('makes the windows of labelled events pending, in every width', async () => {
    const at = t0 + 3 * hour
    await arrive(at, ['a', 'b', 'c'])
    await lookups.look(spec, progress)
    expect(progress.dueLabelled(minute, at)).toEqual([t0, t0 + minute])
    expect(progress.dueLabelled(hour, at)).toEqual([t0])
    expect(progress.due(minute, at)).toEqual([])
    expect(progress.oldestPending()).toBe(at)
    expect(found).toEqual([{ inTime: 3, late: 0, unmatched: 0 }])
  })

  test('finds an event however late its label is, and tells who has none', async () => {
    const at = t0 + 4 * hour
    await arrive(at, ['old', 'a', 'nobody'])
    await lookups.look(spec, progress)
    expect(progress.dueLabelled(minute, at)).toEqual([t0 - 40 * 24 * hour, t0])
    expect(found).toEqual([{ inTime: 1, late: 1, unmatched: 1 }])
  })

  test('leaves what came later for another one', async () => {
    const at = t0 + 6 * hour
    await arrive(at, ['a'])
    await insertLabels(store, 'm', [{ id: 'b', label: '1', ts: t0, ingestedAt: at + 1 }])
    await lookups.look(spec, progress)
    expect(progress.dueLabelled(minute, at)).toEqual([t0])
  })
})

describe('looks are apart', () => {
  test('by the interval, while labels keep coming', async () => {
    await arrive(t0 + 8 * hour, ['a'])
    expect(lookups.isDue(spec, progress)).toBe(true)
    await lookups.look(spec, progress)
    lookups.spent(spec, progress, 100)
    progress.labels.add(t0 + 8 * hour + 1, 1)
    expect(lookups.isDue(spec, progress)).toBe(false)
    clock.advance(9_999)
    expect(lookups.isDue(spec, progress)).toBe(false)
    clock.advance(1)
    expect(lookups.isDue(spec, progress)).toBe(true)
  })

  test('by four times of what they cost, all goes since the last look together', async () => {
    await arrive(t0 + 10 * hour, ['a'])
    await lookups.look(spec, progress)
    lookups.spent(spec, progress, 20_000)
    lookups.spent(spec, progress, 10_000)
    progress.labels.add(t0 + 10 * hour + 1, 1)
    clock.advance(119_999)
    expect(lookups.isDue(spec, progress)).toBe(false)
    clock.advance(1)
    expect(lookups.isDue(spec, progress)).toBe(true)
  })

  test('not while more is known to wait', async () => {
    progress.labels.add(t0 + 12 * hour, 600_000)
    progress.labels.add(t0 + 12 * hour + 1, 600_000)
    await lookups.look(spec, progress)
    lookups.spent(spec, progress, 0)
    expect(lookups.isDue(spec, progress)).toBe(true)
  })
})

test('labels of a model that nothing is summed for are passed over', () => {
  const regression = modelSpec({ model: 'r', task: 'regression' })
  progress.labels.add(t0, 10)
  expect(lookups.isDue(regression, progress)).toBe(false)
  expect(progress.labels.isEmpty).toBe(true)
})
