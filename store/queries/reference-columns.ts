import type { Query } from '../query.ts'

/** Formats of a reference file, by the ending of its name. */
export const fileFormats = {
  '.parquet': 'Parquet',
  '.csv': 'CSVWithNames',
  '.ndjson': 'JSONEachRow',
  '.jsonl': 'JSONEachRow',
} as const
export type FileFormat = (typeof fileFormats)[keyof typeof fileFormats]

/** The column names of a file that the engine itself can open: the embedded one only. */
export function fileColumns(file: string, format: FileFormat): Query<string> {
  return {
    name: 'file-columns',
    sql: `DESCRIBE TABLE file({file:String}, '${format}')`,
    params: { file },
    toRow: (raw) => String(raw['name']),
  }
}
