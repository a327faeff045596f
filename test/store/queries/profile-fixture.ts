import { toStoredProfile } from '../../../store/queries/stored-profile.ts'
import { modelSpec, type ModelFile, type ModelSpec } from '../../../core/model-spec.ts'
import type { ModelBinning, NumericBins, StoredProfile } from '../../../store/binning.ts'
import type { Store } from '../../../store/client.ts'
import { createTable } from '../../../store/ddl.ts'
import { insertRows, type Cell } from '../../../store/insert-rows.ts'
import type { Statement } from '../../../store/query.ts'
import { eventsTable, eventsTableName } from '../../../store/tables/events-table.ts'

export interface TestEvent {
  readonly id: string
  readonly ts: number
  readonly version?: string
  readonly variant?: string
  readonly prediction?: string | number | null
  readonly score?: number | null
  readonly scores?: Record<string, number>
  readonly error?: string | null
  readonly tags?: Record<string, string>
  readonly issues?: Record<string, 'invalid' | 'type_mismatch'>
  readonly features: Record<string, number | string | null>
  readonly ingestedAt?: number
}

export async function createModel(store: Store, file: ModelFile): Promise<ModelSpec> {
  // Times in tests are fixed; no test may begin to fail when its rows grow old.
  const retention = { events: '20000d', profiles: '20000d', metrics: '20000d' }
  const spec = modelSpec({ ...file, retention })
  for (const sql of createTable({ database: store.database, cluster: null }, eventsTable(spec))) {
    await store.command({ name: 'create-events', sql })
  }
  return spec
}

/** One insert, so one part a day. */
export async function insertEvents(
  store: Store,
  spec: ModelSpec,
  events: readonly TestEvent[],
): Promise<void> {
  const features = [...spec.features.keys()]
  const columns = [
    'event_id',
    'ts',
    'version',
    'variant',
    'prediction',
    'score',
    'scores',
    'error',
    'tags',
    'issues.feature',
    'issues.reason',
    'issues.value',
    'payload_bytes',
    'ingested_at',
    ...features.map((name) => `features.${name}`),
  ]
  const rows = events.map((e): Cell[] => [
    e.id,
    new Date(e.ts),
    e.version ?? '1',
    e.variant ?? 'live',
    e.prediction ?? null,
    e.score ?? null,
    e.scores ?? {},
    e.error ?? null,
    e.tags ?? {},
    Object.keys(e.issues ?? {}),
    Object.values(e.issues ?? {}),
    Object.keys(e.issues ?? {}),
    100,
    new Date(e.ingestedAt ?? e.ts + 1500),
    ...features.map((name) => e.features[name] ?? null),
  ])
  await insertRows(store, eventsTableName(spec.model), columns, rows)
}

export const run = async (store: Store, statements: readonly Statement[]): Promise<void> => {
  for (const statement of statements) await store.command(statement)
}

export interface ProfileRow extends StoredProfile {
  readonly key: string
}

/** All rows of table profiles of a model, in order, by `start|version|variant|slice|feature`. */
export async function readProfiles(
  store: Store,
  model: string,
): Promise<Map<string, StoredProfile>> {
  const rows = await store.query<ProfileRow>({
    name: 'read-profiles',
    sql: `SELECT *, toUnixTimestamp(window_start) AS start FROM profiles FINAL WHERE model = {model:String}
      ORDER BY window_start, version, variant, slice, feature`,
    params: { model },
    toRow: (r) => ({
      key: ['start', 'version', 'variant', 'slice', 'feature'].map((c) => String(r[c])).join('|'),
      ...toStoredProfile(r),
    }),
  })
  return new Map(rows.map(({ key, ...profile }) => [key, profile]))
}

export const numericBins = (edges: number[], low: number, high: number): NumericBins => ({
  kind: 'numeric',
  edges,
  coarse: edges.concat(0).map((_, i) => i),
  low,
  high,
  scaleExponent: 52 - Math.ceil(Math.log2(Math.max(-low, high))),
})

export const binningOf = (
  features: ModelBinning['features'],
  slices: ModelBinning['slices'] = new Map(),
): ModelBinning => ({ id: 1, features, slices, references: new Map() })
