import type { Query } from '../query.ts'
import type { LedgerSeries } from './ledger-position.ts'

/**
 * Where the latest stream of a topic's partition stands: the topic itself, or `topic@n` once it was
 * deleted and made anew. `next` is the offset behind the greatest that is stored. No row where
 * nothing of it was ever stored.
 */
export function ledgerStream({
  source,
  topic,
  partition,
}: LedgerSeries): Query<{ stream: string; next: number }> {
  return {
    name: 'ledger-stream',
    sql: `
SELECT topic AS stream, max(last_offset) AS newest
FROM ledger
WHERE source = {source:String} AND partition = {partition:Int32}
  AND (topic = {topic:String} OR startsWith(topic, concat({topic:String}, '@')))
GROUP BY topic
ORDER BY toUInt32OrZero(substring(topic, length({topic:String}) + 2)) DESC
LIMIT 1`,
    params: { source, topic, partition },
    toRow: (raw) => ({ stream: String(raw['stream']), next: Number(raw['newest']) + 1 }),
  }
}
