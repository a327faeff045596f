import type { DeadLetter } from '../insert-dead-letters.ts'
import type { Query } from '../query.ts'
import {
  amongModels,
  equal,
  when,
  where,
  within,
  type Filters,
  type TimeRange,
} from './list-filters.ts'

export interface DeadLetterPlace {
  readonly source: string
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

/** Which dead letters: those named, or those that match. */
export type DeadLetterSelection =
  | { readonly ids: readonly DeadLetterPlace[] }
  | {
      readonly filter: TimeRange & {
        readonly models: readonly string[] | null
        readonly model?: string
        readonly reason?: string
      }
    }

/** The select list that `toDeadLetter` understands. */
export const letterColumns = `
  source, topic, partition, offset, model, reason, detail,
  base64Encode(raw) AS raw_base64, headers, decoding, fallback_id,
  toUnixTimestamp64Milli(received_at) AS received_ms`

export const toDeadLetter = (raw: Readonly<Record<string, unknown>>): DeadLetter => ({
  source: String(raw['source']),
  topic: String(raw['topic']),
  partition: Number(raw['partition']),
  offset: Number(raw['offset']),
  model: String(raw['model']),
  reason: String(raw['reason']),
  detail: String(raw['detail']),
  raw: Buffer.from(String(raw['raw_base64']), 'base64'),
  headers: String(raw['headers']),
  decoding: String(raw['decoding']),
  fallbackId: String(raw['fallback_id']),
  receivedAt: Number(raw['received_ms']),
})

/** Letters that were not replayed yet, oldest first. */
export function deadLettersToReplay(
  selection: DeadLetterSelection,
  limit: number,
): Query<DeadLetter> {
  const { text, params } = conditions(selection)
  return {
    name: 'dead-letters-replay',
    sql: `
SELECT ${letterColumns}
FROM dead_letters FINAL
${text}
ORDER BY received_at, source, topic, partition, offset
LIMIT {limit:UInt32}`,
    params: { ...params, limit },
    toRow: toDeadLetter,
  }
}

function conditions(selection: DeadLetterSelection): ReturnType<typeof where> {
  const open = when(true, 'replayed_at IS NULL')
  if ('ids' in selection) return where(open, named(selection.ids))
  const { models, model, reason, ...range } = selection.filter
  return where(open, amongModels(models), equal({ model, reason }), within('received_at', range))
}

function named(ids: readonly DeadLetterPlace[]): Filters {
  const places =
    'arrayZip({sources:Array(String)}, {topics:Array(String)}, {partitions:Array(Int32)}, {offsets:Array(Int64)})'
  return when(true, `has(${places}, (source::String, topic::String, partition, offset))`, {
    sources: ids.map(({ source }) => source),
    topics: ids.map(({ topic }) => topic),
    partitions: ids.map(({ partition }) => partition),
    offsets: ids.map(({ offset }) => offset),
  })
}
