import { AppError } from '../../core/errors.ts'
import type { FileIdentity } from './file-identity.ts'
import type { FileRecord, FileRecords, RecordChunk } from './file-records.ts'
import { textLines } from './text-lines.ts'

/** A file of native events and labels, one JSON object a line; blank lines are none. */
export function ndjsonFile(
  path: string,
  { sizeBytes }: FileIdentity,
  maxRecordBytes: number,
): FileRecords {
  async function* chunks(): AsyncGenerator<RecordChunk> {
    let place = 0
    let first = true
    for await (const { lines, bytes } of textLines(path, maxRecordBytes)) {
      const records: FileRecord[] = []
      for (const { text, problem } of lines) {
        place++
        if (!/\S/.test(text)) continue
        if (first) refuseOtherJson(path, text)
        first = false
        records.push({ text, problem, place })
      }
      yield { records, done: bytes }
    }
  }
  return { total: sizeBytes, unit: 'bytes', places: 'line', chunks }
}

/** Told at once: as lines of events, an array or indented JSON would be a dead letter a line. */
function refuseOtherJson(path: string, firstLine: string): void {
  const start = firstLine.trim()
  if (!start.startsWith('[') && start !== '{') return
  throw new AppError(
    'FILE_INVALID',
    `${path} is JSON, but not one object a line: write it so, with jq -c '.[]' or jq -c .`,
  )
}
