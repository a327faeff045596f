import type { Query } from '../query.ts'

/** Formats of a reference file, by the ending of its name. */
export const fileFormats = {
  '.parquet': 'Parquet',
  '.csv': 'CSVWithNames',
  '.ndjson': 'JSONEachRow',
  '.jsonl': 'JSONEachRow',
} as const
export type FileFormat = (typeof fileFormats)[keyof typeof fileFormats]

// As far as the engine looks for the types of a file's columns.
const linesLookedAt = 25_000

// Values are read as text. The engine's own look at NDJSON is for types, and refuses lines that differ in them.
const namesOf = (format: FileFormat): string =>
  format === 'JSONEachRow'
    ? `SELECT DISTINCT arrayJoin(JSONExtractKeys(json)) AS name
FROM (SELECT json FROM file({file:String}, 'JSONAsString') LIMIT ${linesLookedAt})`
    : `DESCRIBE TABLE file({file:String}, '${format}')`

/** The column names of a file that the engine itself can open: the embedded one only. */
export function fileColumns(file: string, format: FileFormat): Query<string> {
  return {
    name: 'file-columns',
    sql: namesOf(format),
    params: { file },
    toRow: (raw) => String(raw['name']),
  }
}
