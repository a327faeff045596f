import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { storeOutliers, storeResults } from '../../api/read-store.ts'
import { createIngestRole, type IngestRole } from '../../bin/ingest-role.ts'
import { createMonitorRole } from '../../bin/monitor-role.ts'
import type { Shared } from '../../bin/shared.ts'
import { loadConfig } from '../../core/config.ts'
import { createLogger } from '../../core/log.ts'
import type { ModelFile } from '../../core/model-spec.ts'
import { createOutlierEvents } from '../../monitor/outlier-events.ts'
import { OutlierFits } from '../../monitor/outlier-fits.ts'
import { ownsEverything } from '../../monitor/ownership.ts'
import { openModelRegistry } from '../../store/model-registry.ts'
import { newestOutlierModels } from '../../store/queries/outlier-models.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { seeded } from '../support/seeded.ts'
import { withStore, type TestStore } from '../support/store.ts'
import { Registry } from 'prom-client'

const hour = 3_600_000
const start = Date.parse('2026-03-01T10:00:00Z')

const methods = ['mahalanobis', 'isolation-forest', 'tails'] as const
const fileOf = (method: (typeof methods)[number]): ModelFile => ({
  model: `visits-${method}`,
  task: 'binary_classification',
  features: { a: 'numeric', b: 'numeric', country: 'categorical', vip: 'boolean' },
  slices: ['country'],
  window: '1h',
  windows: [],
  lateness: '1m',
  min_samples: 20,
  // The engine's clock is the machine's.
  retention: { events: '30000d', profiles: '30000d', metrics: '30000d' },
  baselines: { training: { file: 'visits.csv' } },
  outliers: { method, threshold: 0.98, sender: 'tags.client' },
})

const random = seeded(19)
const usual = (): { a: number; b: number; country: string; vip: boolean } => {
  const a = random.normal()
  const country = random.next() < 0.7 ? 'DE' : 'FR'
  return { a, b: 10 + 3 * a + 0.5 * random.normal(), country, vip: random.next() < 0.5 }
}

/** Far out on both axes: one alone is not enough for a forest to be sure. */
const oddNumbers = { a: 9, b: -30 }

let opened: TestStore
let shared: Shared
let directory: string
let clock: ManualClock
let ingest: IngestRole

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tidegauge-outliers-'))
  const lines = Array.from({ length: 1000 }, () => {
    const { a, b, country, vip } = usual()
    return [random.next() < 0.05 ? '' : a, b, country, vip].join(',')
  })
  await writeFile(join(directory, 'visits.csv'), ['a,b,country,vip', ...lines].join('\n'))
  opened = await withStore('embedded')
  const registry = await openModelRegistry(opened.store)
  for (const method of methods) await registry.put(fileOf(method), 'file')
  clock = new ManualClock(start + 2 * hour)
  shared = {
    config: loadConfig({
      env: { TIDEGAUGE__INGEST__BATCH__ROWS: '1', TIDEGAUGE__FILES__DIRECTORIES: directory },
    }),
    version: 'test',
    store: opened.store,
    clock,
    registry,
    prometheus: new Registry(),
    log: createLogger({ level: 'fatal', format: 'json' }),
  }
  ingest = createIngestRole(shared)
})
afterAll(async () => {
  await ingest.close()
  await opened.close()
  await rm(directory, { recursive: true, force: true })
})

async function send(events: readonly object[]): Promise<void> {
  const body = Buffer.from(events.map((event) => JSON.stringify(event)).join('\n'))
  const request = { body, idempotencyKey: null, backfill: true, models: null }
  const { rejected } = await ingest.intake.receive(request)
  expect(rejected).toEqual([])
}

const eventOf = (model: string, id: string, features: object, more: object = {}): object => ({
  model,
  version: '1',
  id,
  ts: start + (Number(id.split('-')[1]) % 3000) * 1000,
  features,
  prediction: '1',
  score: 0.8,
  tags: { client: 'app' },
  ...more,
})

describe.each(methods)('events scored by %s', (method) => {
  const model = fileOf(method).model
  const results = (): ReturnType<typeof storeResults> => storeResults(opened.store)
  const monitorRole = (): ReturnType<typeof createMonitorRole> =>
    createMonitorRole(
      { ...shared, prometheus: new Registry() },
      {
        store: opened.store,
        now: () => new Date(clock.now()),
        fileDirectories: [directory],
        lookedAt: new Map(),
      },
      (name) => name === model,
    )
  const fits = (): OutlierFits =>
    new OutlierFits({ ...shared, owns: ownsEverything, events: createOutlierEvents(shared.log) })

  test('have no score before there is a fit', async () => {
    await send([eventOf(model, 'early-1', usual())])
    const { event } = await results().event(model, 'early-1')
    expect(event).toMatchObject({ outlier_score: null, outlier_features: {}, outlier_revision: 0 })
    await fits().fitDue()
    expect(await opened.store.query(newestOutlierModels([model]))).toEqual([])
  })

  test('are scored once the monitor has frozen the baseline and fitted it, and it is fitted once', async () => {
    await monitorRole().monitor.tick()
    const due = fits()
    await due.fitDue()
    await due.fitDue()
    await fits().fitDue()
    expect(await opened.store.query(newestOutlierModels([model]))).toMatchObject([
      { model, revision: 1, baseline: 'training', baselineRevision: 1 },
    ])
  })

  test('strange ones are told apart, and say what is strange about them', async () => {
    clock.advance(6_000)
    const calm = Array.from({ length: 300 }, (_, i) => eventOf(model, `calm-${i}`, usual()))
    const odd = { ...oddNumbers, country: 'DE', vip: true }
    const holed = { a: null, b: 10.1, country: 'DE', vip: true }
    await send([...calm, eventOf(model, 'odd-5', odd), eventOf(model, 'holed-6', holed)])
    const { event } = await results().event(model, 'odd-5')
    expect(event?.outlier_score).toBeGreaterThanOrEqual(0.98)
    expect(event?.outlier_revision).toBe(1)
    const [named] = Object.entries(event?.outlier_features ?? {}).sort(([, x], [, y]) => y - x)
    expect(['a', 'b']).toContain(named?.[0])
    const { event: incomplete } = await results().event(model, 'holed-6')
    expect(incomplete?.outlier_score).toBeLessThan(0.98)
    expect(incomplete?.outlier_features).toEqual({})
  })

  test('a queue shows them newest first, and a label takes one off it', async () => {
    const queue = storeOutliers(opened.store)
    const filter = { model, minScore: 0.98, feature: 'a' }
    const { rows } = await queue.list(filter, { limit: 100, after: null })
    const times = rows.map(({ ts }) => Date.parse(ts))
    expect(times).toEqual([...times].sort((x, y) => y - x))
    const found = rows.find(({ id }) => id === 'odd-5')
    expect(found).toMatchObject({ label: null, labelled_at: null, outlier_revision: 1 })
    expect(found?.features).toContainEqual(expect.objectContaining({ feature: 'a', value: 9 }))

    await send([{ type: 'label', model, id: 'odd-5', label: '0', ts: start + hour }])
    const reviewed = { ...filter, reviewed: true }
    const labelled = await queue.list(reviewed, { limit: 100, after: null })
    expect(labelled.rows.map(({ id, label }) => [id, label])).toEqual([['odd-5', '0']])
    const open = await queue.list({ ...filter, reviewed: false }, { limit: 1, after: null })
    expect(open.rows.map(({ id }) => id)).not.toContain('odd-5')
    if (open.next === null) return
    const next = await queue.list({ ...filter, reviewed: false }, { limit: 9, after: open.next })
    expect(next.rows.map(({ id }) => id)).not.toContain(open.rows[0]?.id)
  })

  test('windows tell their rate, of the whole and of slices, and bursts of one sender', async () => {
    const strange = Array.from({ length: 60 }, (_, i) =>
      eventOf(
        model,
        `burst-${i}`,
        { ...oddNumbers, country: 'FR', vip: true },
        {
          score: i < 40 ? 0.52 : 0.99,
          tags: { client: 'probe' },
        },
      ),
    )
    await send(strange)
    clock.advance(hour)
    const { monitor } = monitorRole()
    for (let worked = true; worked;) worked = await monitor.tick()
    const { rows } = await results().metrics({ model }, { limit: 10_000, after: null })
    const value = (metric: string, slice = ''): number | null | undefined =>
      rows.find((row) => row.metric === metric && row.slice === slice)?.value
    // 363 events, the early one without a score; 61 of them strange for certain.
    const rate = value('outlier_rate') ?? 0
    expect(rate * 362).toBeGreaterThanOrEqual(61)
    expect(rate * 362).toBeLessThan(61 + 20)
    expect(value('outlier_rate', 'country=FR')).toBeGreaterThan(rate)
    expect(value('outlier_rate', 'country=DE')).toBeLessThan(0.1)
    expect(value('overconfidence_rate')).toBeCloseTo(20 / 362, 12)
    expect(value('near_boundary_rate')).toBeCloseTo(40 / 363, 12)
    expect(value('boundary_burst')).toBeCloseTo(40 / 363, 12)
    expect(value('duplicate_burst')).toBeGreaterThanOrEqual(59 / 363)
    const row = rows.find(({ metric, slice }) => metric === 'outlier_rate' && slice === '')
    expect(row).toMatchObject({ status: 'ok', n_current: 362 })
    expect(row?.noise_floor).toBeGreaterThan(0.02)
    expect(row?.noise_floor).toBeLessThan(0.05)
  })
})
