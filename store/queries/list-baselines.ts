import type { Query } from '../query.ts'
import { equal, isoTimes, where } from './list-filters.ts'

export interface BaselineRecord {
  readonly model: string
  readonly baseline: string
  readonly revision: number
  readonly kind: string
  /** Events of this version only are compared with it; '' for all. */
  readonly version: string
  readonly definition: Readonly<Record<string, unknown>>
  readonly binning: number
  readonly status: string
  readonly detail: string
  readonly n: number
  readonly created_at: string
  readonly changed_at: string
}

/** The newest revision of each baseline of a model, or of the one named. */
export function listBaselines(model: string, baseline?: string): Query<BaselineRecord> {
  const { text, params } = where(equal({ model, baseline }))
  return {
    name: 'list-baselines',
    sql: `
SELECT model, baseline, revision, kind, version, definition, binning, status, detail, n,
  created_at, changed_at
FROM baselines FINAL
${text}
ORDER BY baseline, revision DESC
LIMIT 1 BY baseline`,
    params,
    settings: isoTimes,
    toRow: (raw) => ({
      ...(raw as unknown as BaselineRecord),
      definition: JSON.parse(String(raw['definition'])) as Record<string, unknown>,
    }),
  }
}
