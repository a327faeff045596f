import { createHash } from 'node:crypto'
import { AppError } from '../../core/errors.ts'
import { csvFile } from './csv-file.ts'
import { identifyFile, type FileIdentity } from './file-identity.ts'
import type { FileRecords } from './file-records.ts'
import { ndjsonFile } from './ndjson-file.ts'
import { parquetFile, type TableEngine } from './parquet-file.ts'
import type { DeclaredColumns, TableMapping } from './table-rows.ts'

export const fileFormats = ['ndjson', 'csv', 'parquet'] as const
export type FileFormat = (typeof fileFormats)[number]

export interface FileToRead {
  readonly path: string
  /** Default: by the name's ending. */
  readonly format?: FileFormat
  /** What columns mean; needed for tables, and for nothing else. */
  readonly table?: TableMapping
  /** How lines are read that are no native events. */
  readonly decoding?: FileDecoding
}

/** A decoding by its name, and everything that was configured of it. */
export interface FileDecoding {
  readonly name: string
  readonly settings: unknown
}

export interface FileReading {
  readonly declared: DeclaredColumns | null
  /** Greatest record in bytes; a longer line is cut and refused. */
  readonly maxRecordBytes: number
  /** An embedded store, for Parquet only. */
  readonly engine: () => Promise<TableEngine>
}

export interface OpenedFile {
  readonly identity: FileIdentity
  /** Names what is loaded: the fingerprint and how it was read, where that can differ. */
  readonly topic: string
  readonly records: FileRecords
}

/** Of a line in another format, which may become many events: as much as a message of Kafka by default. */
const maxMessageBytes = 1_048_576

/** Opens a file of events. Throws FILE_INVALID where that cannot be. */
export async function openFile(file: FileToRead, reading: FileReading): Promise<OpenedFile> {
  const identity = await identifyFile(file.path)
  const { fingerprint } = identity
  const format = file.format ?? formatOf(file.path)
  const { table: mapping, decoding } = file
  if (format === 'ndjson') {
    if (mapping !== undefined) {
      throw new AppError(
        'FILE_INVALID',
        `${file.path} holds native events, which name their model themselves: name no model and no columns`,
      )
    }
    const limit = decoding === undefined ? reading.maxRecordBytes : maxMessageBytes
    const topic = decoding === undefined ? fingerprint : `${fingerprint}.${hashOf(decoding)}`
    return { identity, topic, records: ndjsonFile(file.path, identity, limit) }
  }
  if (decoding !== undefined) {
    throw new AppError('FILE_INVALID', `${file.path} is a table: a decoding is for files of lines`)
  }
  if (mapping === undefined) {
    throw new AppError('FILE_INVALID', `${file.path} is a table: name the model its rows belong to`)
  }
  const { declared, maxRecordBytes } = reading
  const source = { path: file.path, identity, mapping, declared, maxRecordBytes }
  const records =
    format === 'csv' ? csvFile(source) : await parquetFile(await reading.engine(), source)
  return { identity, topic: `${fingerprint}.${hashOf(mapping)}`, records }
}

function formatOf(path: string): FileFormat {
  const name = path.toLowerCase()
  if (/\.(ndjson|jsonl|json)(\.gz)?$/.test(name)) return 'ndjson'
  if (/\.(csv|tsv)(\.gz)?$/.test(name)) return 'csv'
  if (/\.(parquet|pq)$/.test(name)) return 'parquet'
  throw new AppError('FILE_INVALID', `the ending of ${path} names no format: say which it is`)
}

/** Read with other columns or another decoding, the same file makes other records at other offsets. */
function hashOf(mapping: TableMapping | FileDecoding): string {
  const entries = Object.entries(mapping).sort(([a], [b]) => (a < b ? -1 : 1))
  return createHash('sha256').update(JSON.stringify(entries)).digest('hex').slice(0, 8)
}
