import { createHash } from 'node:crypto'
import { AppError } from '../core/errors.ts'
import {
  modelSpec,
  type FeatureSpec,
  type InferredKind,
  type ModelFile,
  type ModelSpec,
} from '../core/model-spec.ts'
import { createTurns } from '../core/turns.ts'
import type { Store } from './client.ts'
import { addColumns, createTable } from './ddl.ts'
import { insertRows } from './insert-rows.ts'
import { modelRevisions, newestModelRevisions, type ModelRow } from './queries/model-revisions.ts'
import {
  eventsTable,
  eventsTableName,
  featureColumnDefinition,
  featureColumnType,
  outlierColumnDefinitions,
  predictionType,
} from './tables/events-table.ts'

export type ModelOrigin = 'file' | 'api' | 'auto'

/** One revision of a model's description, as kept in table `models`. */
export interface RegisteredModel {
  readonly spec: ModelSpec
  readonly revision: number
  readonly origin: ModelOrigin
  readonly createdAt: Date
}

/**
 * Every model this service knows, in memory, backed by table `models` (history kept) and by the
 * typed events table that each of them has.
 */
export interface ModelRegistry {
  get: (model: string) => RegisteredModel | undefined
  list: () => RegisteredModel[]
  /** All revisions, newest first. */
  history: (model: string) => Promise<RegisteredModel[]>
  /**
   * Stores a new revision if the file differs from the newest one, and makes or alters the events
   * table. Answers the revision in force.
   */
  put: (file: ModelFile, origin: ModelOrigin) => Promise<RegisteredModel>
  /** Adds features that arrived without being declared: a new revision and new columns. */
  extend: (model: string, features: ReadonlyMap<string, InferredKind>) => Promise<RegisteredModel>
  /** Reads what other instances have stored since. */
  refresh: () => Promise<void>
}

/** How far back of the newest revision another instance's may still become visible, ms. */
const overlapMs = 120_000

/** What a row of `models` holds: the file as written, and features that were found in events since. */
interface StoredSpec {
  readonly file: ModelFile
  readonly discovered: Readonly<Record<string, InferredKind>>
}

interface Entry extends RegisteredModel {
  readonly stored: StoredSpec
  readonly hash: string
}

/** Opens the registry with everything the store holds. */
export async function openModelRegistry(store: Store): Promise<ModelRegistry> {
  const entries = new Map<string, Entry>()
  let readTo = 0
  // Writes go one after another: two at once would take the same revision number.
  const inTurn = createTurns()

  async function refresh(): Promise<void> {
    const rows = await store.query(newestModelRevisions(Math.max(0, readTo - overlapMs)))
    for (const row of rows) {
      const known = entries.get(row.model)
      if (known === undefined || row.revision > known.revision) entries.set(row.model, entryOf(row))
      readTo = Math.max(readTo, row.createdAt.getTime())
    }
  }

  async function write(stored: StoredSpec, origin: ModelOrigin): Promise<RegisteredModel> {
    const name = stored.file.model
    const hash = hashOf(stored)
    const known = entries.get(name)
    if (known?.hash === hash) return known
    const spec = specOf(stored)
    await applyEventsTable(store, spec, known?.spec)
    const row: ModelRow = {
      model: name,
      revision: (known?.revision ?? 0) + 1,
      spec: JSON.stringify(stored),
      origin,
      hash,
      createdAt: new Date(),
    }
    await insertModelRow(store, row)
    const entry = entryOf(row)
    entries.set(name, entry)
    return entry
  }

  await refresh()
  return {
    get: (model) => entries.get(model),
    list: () => [...entries.values()],
    history: async (model) => (await store.query(modelRevisions(model))).map(entryOf),
    put: (file, origin) =>
      inTurn(async () => {
        await refresh()
        return write({ file, discovered: entries.get(file.model)?.stored.discovered ?? {} }, origin)
      }),
    extend: (model, features) =>
      inTurn(async () => {
        await refresh()
        const known = entries.get(model)
        if (known === undefined) throw new AppError('MODEL_NOT_FOUND', `no model "${model}"`)
        const discovered = withFeatures(known.stored.discovered, features)
        return write({ file: known.stored.file, discovered }, known.origin)
      }),
    refresh,
  }
}

/** Own properties, even for a feature that is called __proto__. */
function withFeatures(
  known: StoredSpec['discovered'],
  features: ReadonlyMap<string, InferredKind>,
): StoredSpec['discovered'] {
  const all = { ...known }
  for (const [feature, kind] of features) {
    Object.defineProperty(all, feature, { value: kind, enumerable: true })
  }
  return all
}

async function insertModelRow(store: Store, row: ModelRow): Promise<void> {
  const { model, revision, spec, origin, hash, createdAt } = row
  await insertRows(
    store,
    'models',
    ['model', 'revision', 'spec', 'origin', 'hash', 'created_at'],
    [[model, revision, spec, origin, hash, createdAt]],
  )
}

function entryOf(row: ModelRow): Entry {
  const stored = JSON.parse(row.spec) as StoredSpec
  return {
    spec: specOf(stored),
    stored,
    hash: row.hash,
    revision: row.revision,
    origin: row.origin,
    createdAt: row.createdAt,
  }
}

/** Declared features first and with the declared type; what was found since comes after them. */
function specOf({ file, discovered }: StoredSpec): ModelSpec {
  const spec = modelSpec(file)
  const found = Object.entries(discovered).filter(([name]) => !spec.features.has(name))
  const extra = found.map(([name, type]) => [name, { type }] as const)
  return { ...spec, features: new Map([...spec.features, ...extra]) }
}

const hashOf = (stored: StoredSpec): string =>
  createHash('sha256').update(JSON.stringify(stored)).digest('hex')

/** Makes the events table, or adds the columns it lacks. A column's type never changes. */
async function applyEventsTable(
  store: Store,
  spec: ModelSpec,
  previous: ModelSpec | undefined,
): Promise<void> {
  const layout = { database: store.database, cluster: store.cluster }
  if (previous !== undefined) refuseTypeChanges(spec, previous)
  for (const sql of createTable(layout, eventsTable(spec))) {
    await store.command({ name: 'create-events-table', sql })
  }
  if (previous === undefined) return
  const added = [...spec.features].filter(([name]) => !previous.features.has(name))
  const features = added.map(([name, { type }]) => featureColumnDefinition(name, type))
  const scored = spec.outliers !== null && previous.outliers === null
  const columns = [...features, ...(scored ? outlierColumnDefinitions : [])]
  if (columns.length === 0) return
  for (const sql of addColumns(layout, eventsTableName(spec.model), columns)) {
    await store.command({ name: 'add-feature-columns', sql })
  }
}

/** Embeddings of another length would stand beside those that are stored, and compare with none of them. */
const sameColumn = (a: FeatureSpec, b: FeatureSpec): boolean =>
  featureColumnType(a.type) === featureColumnType(b.type) && a.dimensions === b.dimensions

const kindText = ({ type, dimensions }: FeatureSpec): string =>
  dimensions === undefined ? type : `embedding: [${dimensions}]`

function refuseTypeChanges(spec: ModelSpec, previous: ModelSpec): void {
  const problems = [...spec.features].flatMap(([name, feature]) => {
    const before = previous.features.get(name)
    if (before === undefined || sameColumn(before, feature)) return []
    return [
      `feature "${name}" was ${kindText(before)} and cannot become ${kindText(feature)}: give it a new name`,
    ]
  })
  if (predictionType(spec.task) !== predictionType(previous.task)) {
    problems.push(
      `task was ${previous.task} and cannot become ${spec.task}: its predictions are of another type; give the model a new name`,
    )
  }
  if (problems.length === 0) return
  throw new AppError('MODEL_INVALID', problems.join('; '), {
    details: { problems: problems.map((message) => ({ message })) },
  })
}
