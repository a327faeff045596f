import type { Query } from '../query.ts'

export interface SequentialRuleRow {
  /** Width by name. */
  readonly window: string
  /** Detector, parameters, and the metric or stream it is asked to follow. */
  readonly rule: string
  readonly scope: string
  /** It has been run through all stored windows, and every one since. */
  readonly complete: boolean
}

/** The rules that a model ever had. */
export function sequentialRulesRead(model: string): Query<SequentialRuleRow> {
  return {
    name: 'sequential-rules-read',
    sql: `
SELECT window, rule, scope, complete
FROM sequential_rules FINAL
WHERE model = {model:String}`,
    params: { model },
    toRow: (raw) => ({
      window: String(raw['window']),
      rule: String(raw['rule']),
      scope: String(raw['scope']),
      complete: raw['complete'] === true || raw['complete'] === 1,
    }),
  }
}
