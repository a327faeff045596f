import { expect, test } from 'vitest'
import { modelSpec } from '../../core/model-spec.ts'
import type { Baseline } from '../../monitor/baselines.ts'
import { sampledArms } from '../../monitor/sampled-rows.ts'
import { sourcesOf } from '../../store/queries/profile-source.ts'
import type { Query } from '../../store/query.ts'

const hour = 3_600_000

const spec = modelSpec({
  model: 'm',
  kind: 'features',
  features: { x: 'numeric' },
  window: '1h',
  baselines: {
    fixed: { range: { from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z' } },
    lately: { trailing: '2h' },
    champion: { version: '1' },
  },
})

const baseline = (name: string, version = ''): Baseline => ({
  model: 'm',
  baseline: name,
  revision: 1,
  kind: name === 'lately' ? 'trailing' : name === 'champion' ? 'version' : 'range',
  version,
  binning: 1,
  status: 'ready',
  detail: '',
  n: 10,
  createdAt: new Date(0),
  changedAt: new Date(0),
  source: spec.baselines.get(name)!,
  frozen: name === 'fixed' ? { kind: 'events', range: { from: 0, to: hour } } : null,
})

/** A store that answers two versions a window, and keeps the names of what it was asked. */
function recorder() {
  const asked: string[] = []
  const query = <Row>(query: Query<Row>): Promise<Row[]> => {
    asked.push(query.name)
    if (query.name !== 'window-sample')
      return Promise.resolve([{ at: 0, numbers: [1], texts: [] }] as Row[])
    const starts = Object.entries(query.params).flatMap(([name, value]) =>
      name.startsWith('from') ? Number(value) : [],
    )
    const arms = starts.flatMap((windowStart) =>
      ['1', '2'].map((version) => ({ windowStart, version, variant: 'live', total: 1, rows: [] })),
    )
    return Promise.resolve(arms as Row[])
  }
  return { asked, store: { query } }
}

const ask = (starts: readonly number[], limit: number) => ({
  spec,
  windowMs: hour,
  starts,
  sources: sourcesOf(spec),
  limit,
})

test('a reference is read when it is asked for: once if it stands still, once a window if it moves', async () => {
  const { asked, store } = recorder()
  const all = ['fixed', 'lately', 'champion'].map((name) => baseline(name))
  const compared: string[] = []
  const arms = sampledArms({ store, baselines: () => all }, ask([hour, 2 * hour, 3 * hour], 100))
  for await (const arm of arms) {
    compared.push(arm.references.map((r) => r.baseline.baseline).join(' '))
    for (const reference of arm.references) await reference.sample()
  }
  expect(compared.slice(0, 2)).toEqual(['fixed lately', 'fixed lately champion'])
  expect(asked.filter((name) => name === 'window-sample')).toHaveLength(1)
  // One fixed, three trailing, three of the other version.
  expect(asked.filter((name) => name === 'reference-sample')).toHaveLength(7)
})

test('nothing is read of references that nobody asks for', async () => {
  const { asked, store } = recorder()
  const arms = sampledArms({ store, baselines: () => [baseline('fixed')] }, ask([hour], 100))
  for await (const arm of arms) expect(arm.references).toHaveLength(1)
  expect(asked).toEqual(['window-sample'])
})

test('large samples are read a few windows at a time', async () => {
  const { asked, store } = recorder()
  const starts = [1, 2, 3, 4, 5].map((i) => i * hour)
  for await (const arm of sampledArms({ store, baselines: () => [] }, ask(starts, 500_000)))
    expect(arm.references).toEqual([])
  expect(asked).toHaveLength(3)
})

test('a version with a baseline of its own is compared with that', async () => {
  const { store } = recorder()
  const all = [baseline('fixed'), { ...baseline('fixed', '2'), revision: 2 }]
  const revisions: number[] = []
  for await (const arm of sampledArms({ store, baselines: () => all }, ask([hour], 100)))
    revisions.push(...arm.references.map((r) => r.baseline.revision))
  expect(revisions).toEqual([1, 2])
})
