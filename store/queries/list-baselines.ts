import type { Query } from '../query.ts'
import { equal, isoTimes, where } from './list-filters.ts'

export interface BaselineRecord {
  readonly model: string
  readonly baseline: string
  readonly revision: number
  readonly kind: string
  /** Events of this version only are compared with it; '' for all. */
  readonly version: string
  /** As declared: one of file, range, first, trailing, version. */
  readonly definition: Readonly<Record<string, unknown>>
  /** What the declaration came to, such as the interval of a range; null while it is pending. */
  readonly frozen: Readonly<Record<string, unknown>> | null
  readonly binning: number
  readonly status: string
  readonly detail: string
  readonly n: number
  readonly created_at: string
  readonly changed_at: string
}

/** The newest revision of each baseline of a model, or of the one named: for all versions and for each it is bound to. */
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
LIMIT 1 BY baseline, version`,
    params,
    settings: isoTimes,
    toRow: (raw) => {
      const stored = JSON.parse(String(raw['definition'])) as {
        source: Record<string, unknown>
        frozen: Record<string, unknown> | null
      }
      return {
        ...(raw as unknown as BaselineRecord),
        definition: stored.source,
        frozen: stored.frozen,
      }
    },
  }
}
