import type { FastifyInstance } from 'fastify'
import { Registry } from 'prom-client'
import { buildApp } from '../../api/app.ts'
import { createApiKey } from '../../api/api-keys.ts'
import type { ApiKey, AppDeps } from '../../api/ports.ts'
import { modelSpec, type ModelFile } from '../../core/model-spec.ts'
import type { Scope } from '../../core/names.ts'
import type { RegisteredModel } from '../../store/model-registry.ts'
import type { PartitionHalt } from '../../store/queries/partition-halts-row.ts'

export const noon = Date.UTC(2026, 10, 20, 12)

export function registered(file: ModelFile): RegisteredModel {
  return { spec: modelSpec(file), revision: 1, origin: 'api', createdAt: new Date(noon) }
}

export interface Fakes {
  readonly deps: AppDeps
  /** Arguments of every call of a port, in order: `[port, …arguments]`. */
  readonly calls: unknown[][]
}

/** Ports that remember their calls and answer with nothing much. */
export function fakes(files: readonly ModelFile[] = [{ model: 'fraud' }]): Fakes {
  const calls: unknown[][] = []
  const answer =
    <T>(name: string, value: T) =>
    async (...args: unknown[]): Promise<T> => {
      calls.push([name, ...args])
      return value
    }
  const models = new Map(files.map((file) => [file.model, registered(file)]))
  const empty = { rows: [], next: null }
  const deps: AppDeps = {
    version: '1.2.3',
    clock: { now: () => noon },
    registry: new Registry(),
    keys: keyring([]),
    audit: { record: answer('audit', undefined) },
    readiness: answer('readiness', { ready: true, checks: { store: { ok: true, detail: '' } } }),
    intake: { receive: answer('receive', { accepted: 1, rejected: [] }) },
    models: {
      get: (model) => models.get(model),
      list: () => [...models.values()],
      history: answer('history', [...models.values()]),
      put: answer('put', registered({ model: 'fraud' })),
    },
    baselines: {
      list: answer('baselines', [baseline]),
      get: async (_model, name) => (name === baseline.baseline ? baseline : undefined),
      create: answer('createBaseline', baseline),
    },
    results: {
      windows: answer('windows', empty),
      metrics: answer('metrics', empty),
      event: answer('event', { event: null, label: null }),
    },
    outliers: { list: answer('outliers', empty) },
    contributions: { bins: answer('bins', bins), ranking: answer('ranking', ranking) },
    slicedQuery: {
      run: answer('query', {
        columns: [{ name: 'country', type: 'string' }],
        rows: [['DE'], [null], ['a "b", c']],
        truncated: false,
      }),
    },
    alerts: { current: answer('alerts', empty), transitions: answer('transitions', empty) },
    deliveries: { list: answer('deliveries', empty), redeliver: answer('redeliver', 'pending') },
    deadLetters: {
      list: answer('deadLetters', empty),
      replay: answer('replay', { replayed: 2, accepted: 1, rejected: 1 }),
    },
    partitions: { list: answer('partitions', []), release: answer('release', halt) },
    ledger: { audit: answer('audit-ledger', { complete: true, partitions: [] }) },
  }
  return { deps, calls }
}

export const halt: PartitionHalt = {
  ...{ source: 'kafka:main', topic: 'events', partition: 3, state: 'halted', offset: 42 },
  ...{ exceeded: 'run', reason: 'invalid_json', detail: 'position 1', refused: 1000, seen: 1000 },
  ...{ releasedBy: '', haltedAt: noon, changedAt: noon },
}

const compared = {
  ...{ model: 'fraud', metric: 'psi', window: '1h', baseline: 'training' },
  window_start: '2026-11-20T11:00:00.000Z',
  window_end: '2026-11-20T12:00:00.000Z',
  ...{ version: '7', variant: 'live' },
}

const shares = { reference_share: 0.03, current_share: 0.41, change: 0.38 }
export const bins = {
  ...compared,
  ...{ slice: '', feature: 'country', n_reference: 1000, n_current: 500 },
  bins: [
    {
      name: { kind: 'category', category: 'DE' },
      ...{ label: 'DE', ...shares, contribution: 0.99, share: 0.9 },
    },
    {
      name: { kind: 'range', from: null, to: 3.0000001 },
      ...{ label: '< 3', ...shares, contribution: 0.11, share: 0.1 },
    },
  ],
}
export const ranking = {
  ...{ ...compared, method: 'psi/decile-jeffreys', ranking_total: 1, not_judged: 2 },
  ranking: [
    {
      ...{ rank: 1, feature: 'country', slice: '', value: 1.1, effect: 1.1, share: 1 },
      ...{ p_value: 0, p_adjusted: null, noise_floor: 0.02, significant: true },
      ...{ n_reference: 1000, n_current: 500 },
    },
  ],
}

const baseline = {
  model: 'fraud',
  baseline: 'training',
  revision: 1,
  kind: 'file',
  version: '',
  definition: { file: 'january.parquet' },
  frozen: { kind: 'file', load: '1' },
  binning: 1,
  status: 'ready',
  detail: '',
  n: 1000,
  created_at: '2026-11-20T12:00:00.000Z',
  changed_at: '2026-11-20T12:00:00.000Z',
}

export function keyring(keys: readonly ApiKey[]): AppDeps['keys'] {
  return {
    find: async (id) => keys.find((key) => key.id === id),
    any: async () => keys.length > 0,
  }
}

/** A key and what is kept of it. */
export function madeKey(
  scopes: readonly Scope[],
  over: Partial<ApiKey> = {},
): { key: string; stored: ApiKey } {
  const { id, key, digest } = createApiKey()
  const stored = { id, name: id, digest, scopes, models: null, expiresAt: null, revokedAt: null }
  return { key, stored: { ...stored, ...over } }
}

export const bearer = (key: string): { authorization: string } => ({
  authorization: `Bearer ${key}`,
})

const open: FastifyInstance[] = []

/** An app that `closeApps` closes. */
export async function appOf(deps: AppDeps): Promise<FastifyInstance> {
  const app = await buildApp(deps)
  open.push(app)
  await app.ready()
  return app
}

export async function closeApps(): Promise<void> {
  for (const app of open.splice(0)) await app.close()
}
