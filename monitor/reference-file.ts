import { randomUUID } from 'node:crypto'
import { extname } from 'node:path'
import { AppError } from '../core/errors.ts'
import type { ModelSpec } from '../core/model-spec.ts'
import type { Store } from '../store/client.ts'
import { addColumns, createTable } from '../store/ddl.ts'
import { relationSize } from '../store/queries/baseline-extent.ts'
import { fileColumns, fileFormats, type FileFormat } from '../store/queries/reference-columns.ts'
import {
  knownColumns,
  referenceFeatures,
  referenceLoad,
  referenceRelation,
  referenceTable,
  referenceTableName,
} from '../store/tables/reference-table.ts'
import { allowedFile } from './allowed-file.ts'
import type { Reference } from './reference-rows.ts'

interface FileDeps {
  readonly store: Store
  readonly fileDirectories: readonly string[]
}

/**
 * Loads a reference file into `reference_<model>`. A file that is not there yet is waited for; one
 * that cannot be read, lacks a declared feature or lies elsewhere fails, and says why. A load that
 * breaks off is never read: each has a name of its own, and only the one that ended is recorded.
 */
export async function fileReference(
  { store, fileDirectories }: FileDeps,
  spec: ModelSpec,
  baseline: string,
  file: string,
): Promise<Reference> {
  const format = formatOf(file)
  if (format === null) {
    const known = Object.keys(fileFormats).join(', ')
    return { status: 'failed', detail: `"${file}" must end in one of ${known}` }
  }
  const place = await allowedFile(file, fileDirectories)
  if (place.kind === 'elsewhere') {
    return { status: 'failed', detail: `"${file}" is outside the directories files are read from` }
  }
  if (place.kind === 'absent')
    return { status: 'pending', detail: `there is no file "${file}" yet` }

  const names = await columnNames(store, spec, place.path, format)
  if (names instanceof AppError) return unreadable(file, names)
  const lacking = [...spec.features.keys()].filter((name) => !names.includes(name))
  if (lacking.length > 0) {
    return { status: 'failed', detail: `"${file}" has no column for ${lacking.join(', ')}` }
  }
  const load = randomUUID()
  await createReferenceTable(store, spec)
  const columns = knownColumns(spec, names)
  const refused = await attempt(() =>
    store.insertFile(referenceLoad(spec, { baseline, load, file: place.path, format, columns })),
  )
  if (refused instanceof AppError) return unreadable(file, refused)
  const relation = referenceRelation(spec, baseline, load)
  const [n] = await store.query(relationSize(relation))
  return n === undefined || n === 0
    ? { status: 'failed', detail: `"${file}" has no rows` }
    : { status: 'ready', frozen: { kind: 'file', load }, relation }
}

const formatOf = (file: string): FileFormat | null =>
  (fileFormats as Record<string, FileFormat>)[extname(file).toLowerCase()] ?? null

const unreadable = (file: string, { message }: AppError): Reference => ({
  status: 'failed',
  detail: `"${file}" cannot be read: ${message}`,
})

/** The columns of a file. A server cannot see it, so every column the model knows is taken to be there. */
async function columnNames(
  store: Store,
  spec: ModelSpec,
  path: string,
  format: FileFormat,
): Promise<string[] | AppError> {
  if (store.embedded) return attempt(() => store.query(fileColumns(path, format)))
  const tags = spec.slices.flat().filter((name) => name.startsWith('tags.'))
  const fixed = spec.kind === 'model' ? ['prediction', 'score', 'latency_ms', 'version'] : []
  return [...new Set([...spec.features.keys(), ...fixed, ...tags])]
}

/** What the engine says against a file is an answer about the file; that it is away is not. */
async function attempt<T>(call: () => Promise<T>): Promise<T | AppError> {
  try {
    return await call()
  } catch (error) {
    if (error instanceof AppError && !error.retryable) return error
    throw error
  }
}

async function createReferenceTable(store: Store, spec: ModelSpec): Promise<void> {
  const layout = { database: store.database, cluster: store.cluster }
  const features = referenceFeatures(spec)
  const statements = [
    ...createTable(layout, referenceTable(spec)),
    ...(features.length === 0 ? [] : addColumns(layout, referenceTableName(spec.model), features)),
  ]
  for (const sql of statements) await store.command({ name: 'create-reference', sql })
}
