import type { Query } from '../query.ts'

/** Half-open, epoch ms. */
export interface FirstEventsRange {
  readonly from: number
  readonly to: number
}

/** The interval that a baseline of first events has come to; no row while it is not complete. */
export function firstEventsRange(model: string, baseline: string): Query<FirstEventsRange> {
  return {
    name: 'first-events-range',
    sql: `
SELECT JSONExtractInt(definition, 'frozen', 'range', 'from') AS range_from,
  JSONExtractInt(definition, 'frozen', 'range', 'to') AS range_to
FROM baselines FINAL
WHERE model = {model:String} AND baseline = {baseline:String} AND kind = 'first'
  AND version = '' AND status = 'ready'
ORDER BY revision DESC
LIMIT 1`,
    params: { model, baseline },
    toRow: (raw) => ({ from: Number(raw['range_from']), to: Number(raw['range_to']) }),
  }
}
