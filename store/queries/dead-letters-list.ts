import type { Query } from '../query.ts'
import {
  amongModels,
  equal,
  isoTimes,
  when,
  where,
  within,
  type TimeRange,
} from './list-filters.ts'

/** What was refused, where it came from and why. */
export interface DeadLetterRecord {
  readonly source: string
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly model: string
  readonly reason: string
  readonly detail: string
  /** The bytes as they came: text, or base64 where they are no UTF-8. */
  readonly raw: string
  readonly raw_encoding: 'utf8' | 'base64'
  readonly received_at: string
  readonly replayed_at: string | null
}

export interface DeadLetterFilter extends TimeRange {
  readonly models: readonly string[] | null
  readonly model?: string
  readonly reason?: string
  readonly replayed?: boolean
}

/** Receipt in ms, source, topic, partition, offset. */
export type DeadLetterPageKey = readonly [number, string, string, number, number]

/** Refused messages, newest first. */
export function deadLettersList(
  { models, model, reason, replayed, ...range }: DeadLetterFilter,
  page: { limit: number; after: DeadLetterPageKey | null },
): Query<DeadLetterRecord> {
  const { text, params } = where(
    amongModels(models),
    equal({ model, reason }),
    within('received_at', range),
    when(replayed === true, 'replayed_at IS NOT NULL'),
    when(replayed === false, 'replayed_at IS NULL'),
    afterKey(page.after),
  )
  return {
    name: 'dead-letters-list',
    sql: `
SELECT source, topic, partition, offset, model, reason, detail,
  if(isValidUTF8(raw), raw, base64Encode(raw)) AS raw_text,
  if(isValidUTF8(raw), 'utf8', 'base64') AS raw_encoding,
  received_at, replayed_at
FROM dead_letters FINAL
${text}
ORDER BY received_at DESC, source DESC, topic DESC, partition DESC, offset DESC
LIMIT {limit:UInt32}`,
    params: { ...params, limit: page.limit },
    settings: isoTimes,
    toRow: ({ raw_text, ...raw }) => ({ ...raw, raw: raw_text }) as unknown as DeadLetterRecord,
  }
}

export const deadLetterPageKey = (row: DeadLetterRecord): DeadLetterPageKey => [
  Date.parse(row.received_at),
  row.source,
  row.topic,
  row.partition,
  row.offset,
]

function afterKey(after: DeadLetterPageKey | null): ReturnType<typeof when> {
  if (after === null) return when(false, '')
  const [after_received, after_source, after_topic, after_partition, after_offset] = after
  return when(
    true,
    "(received_at, source, topic, partition, offset) < (fromUnixTimestamp64Milli({after_received:Int64}, 'UTC'), {after_source:String}, {after_topic:String}, {after_partition:Int32}, {after_offset:Int64})",
    { after_received, after_source, after_topic, after_partition, after_offset },
  )
}
