import { resolve } from 'node:path'
import { AppError } from '../../core/errors.ts'
import type { Store } from '../../store/client.ts'
import { describeFile, type FileColumn } from '../../store/queries/describe-file.ts'
import { countTableFile } from '../../store/queries/read-table-file-count.ts'
import { readTableFile } from '../../store/queries/read-table-file.ts'
import type { CellKind } from './cell-values.ts'
import type { FileRecord, FileRecords, RecordChunk } from './file-records.ts'
import { featureNames, mappedColumns, TableRows } from './table-rows.ts'
import type { TableSource } from './table-source.ts'

/** What of an embedded store reads a table's file. */
export type TableEngine = Pick<Store, 'query' | 'stream'>

/**
 * A Parquet file, read by the embedded engine. Its own types say what numbers are; times without a
 * zone are UTC. Throws FILE_INVALID where the engine cannot read it.
 */
export async function parquetFile(engine: TableEngine, source: TableSource): Promise<FileRecords> {
  const path = resolve(source.path)
  if (/[*?{}]|::/.test(path)) {
    throw new AppError(
      'FILE_INVALID',
      `the engine takes * ? { } and :: in ${path} for a pattern: rename the file`,
    )
  }
  const described = await readable(path, () => engine.query(describeFile(path)))
  const [total = 0] = await readable(path, () => engine.query(countTableFile(path)))
  const wanted = new Set([
    ...mappedColumns(source.mapping),
    ...featureNames(source.mapping, described),
  ])
  const columns = described.filter(({ name }) => wanted.has(name)).map(toColumn)
  const table = new TableRows(source.mapping, columns, {
    declared: source.declared,
    defaults: { idPrefix: source.identity.fingerprint, ts: source.identity.modifiedMs },
  })
  const unnameable = columns.filter(({ name }) => /[`\\\0]/.test(name))
  if (unnameable.length > 0)
    throw new AppError('FILE_INVALID', `${path}: rename column "${unnameable[0]?.name ?? ''}"`)
  const asText = new Set([source.mapping.id, source.mapping.versionColumn])
  const read = columns.map(({ name, whole }) => ({ name, text: whole && asText.has(name) }))

  async function* chunks(): AsyncGenerator<RecordChunk> {
    let row = 0
    try {
      for await (const rows of engine.stream(readTableFile({ path, columns: read }))) {
        const records: FileRecord[] = []
        for (const cells of rows) {
          table.read(cells, { row, place: row + 1 }, records)
          row += 1
        }
        yield { records, done: row }
      }
    } catch (error) {
      throw unreadable(path, error)
    }
  }
  return { total, unit: 'rows', places: 'row', chunks }
}

/** `whole`: an integer that may exceed what a JSON number holds. */
function toColumn({ name, type }: FileColumn): { name: string; kind: CellKind; whole: boolean } {
  const plain = /^(?:(?:Nullable|LowCardinality)\()*([A-Za-z0-9]+)/.exec(type)?.[1] ?? type
  const kind = /^(U?Int|Float|BFloat|Decimal)/.test(plain)
    ? 'numeric'
    : plain === 'Bool'
      ? 'boolean'
      : 'text'
  return { name, kind, whole: /^U?Int/.test(plain) }
}

async function readable<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    throw unreadable(path, error)
  }
}

function unreadable(path: string, error: unknown): unknown {
  if (!(error instanceof AppError) || error.code !== 'STORE_REJECTED') return error
  return new AppError('FILE_INVALID', `${path} cannot be read as Parquet: ${error.message}`, {
    cause: error,
  })
}
