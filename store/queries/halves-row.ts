import type { StoredHalf } from '../insert-halves.ts'

/** Bytes come as base64: an answer is JSON, and a message need not be text. */
export const halfColumns = `decoding, pair, side, toUnixTimestamp64Milli(sent_at) AS sent_ms,
  source, topic, partition, offset, backfill, headers, fallback_id, base64Encode(raw) AS raw_base64`

export const toHalf = (raw: Readonly<Record<string, unknown>>): StoredHalf => ({
  decoding: String(raw['decoding']),
  pair: String(raw['pair']),
  side: raw['side'] === 'request' ? 'request' : 'response',
  sentAt: Number(raw['sent_ms']),
  source: String(raw['source']),
  topic: String(raw['topic']),
  partition: Number(raw['partition']),
  offset: Number(raw['offset']),
  backfill: Boolean(raw['backfill']),
  headers: String(raw['headers']),
  fallbackId: String(raw['fallback_id']),
  raw: Buffer.from(String(raw['raw_base64']), 'base64'),
})
