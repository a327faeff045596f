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

/** Cells read at once: they are in memory as text and as values. */
const chunkCells = 1_000_000
const mostChunkRows = 100_000

type Blocks = readonly (readonly (readonly unknown[])[])[]

/**
 * A Parquet file, read by the embedded engine. Its own types say what numbers are; times without a
 * zone are UTC. Throws FILE_INVALID where the engine cannot read it.
 */
export async function parquetFile(
  engine: Pick<Store, 'query'>,
  source: TableSource,
): Promise<FileRecords> {
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
  const unreadable = columns.filter(({ name }) => /[`\\\0]/.test(name))
  if (unreadable.length > 0)
    throw new AppError('FILE_INVALID', `${path}: rename column "${unreadable[0]?.name ?? ''}"`)
  const chunkRows = Math.min(mostChunkRows, Math.ceil(chunkCells / Math.max(1, columns.length)))
  const asText = new Set([source.mapping.id, source.mapping.versionColumn])
  const read = columns.map(({ name, whole }) => ({ name, text: whole && asText.has(name) }))

  const slice = async (from: number): Promise<Blocks> => {
    if (from >= total) return []
    const rows = { path, columns: read, from, to: from + chunkRows }
    return readable(path, () => engine.query(readTableFile(rows)))
  }

  async function* chunks(): AsyncGenerator<RecordChunk> {
    let next = slice(0)
    for (let from = 0; from < total; from += chunkRows) {
      const blocks = await next
      next = slice(from + chunkRows)
      // Whoever stops reading here is not to hear of it.
      next.catch(() => undefined)
      let row = from
      for (const block of blocks) {
        const records: FileRecord[] = []
        for (const cells of block) {
          table.read(cells, { row, place: row + 1 }, records)
          row += 1
        }
        yield { records, done: row }
      }
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
    if (!(error instanceof AppError) || error.code !== 'STORE_REJECTED') throw error
    throw new AppError('FILE_INVALID', `${path} cannot be read as Parquet: ${error.message}`, {
      cause: error,
    })
  }
}
