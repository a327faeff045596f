import type { Query } from '../query.ts'
import { isoTimes } from './list-filters.ts'

export interface LabelRecord {
  readonly label: string
  readonly ts: string
  readonly ingested_at: string
}

/** The ground truth of one event, as it was last told. */
export function getLabel(model: string, id: string): Query<LabelRecord> {
  return {
    name: 'get-label',
    sql: `
SELECT label, ts, ingested_at
FROM labels FINAL
WHERE model = {model:String} AND event_id = {id:String}`,
    params: { model, id },
    settings: isoTimes,
    toRow: (raw) => raw as unknown as LabelRecord,
  }
}
