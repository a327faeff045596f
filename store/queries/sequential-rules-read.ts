import type { Query } from '../query.ts'

export interface SequentialRuleRow {
  /** Detector, parameters, and the metric or stream it is asked to follow. */
  readonly rule: string
  readonly scope: string
  /** It has been run through all stored windows, and every one since. */
  readonly complete: boolean
}

/** The rules that were ever run over windows of one width. */
export function sequentialRulesRead(model: string, window: string): Query<SequentialRuleRow> {
  return {
    name: 'sequential-rules-read',
    sql: `
SELECT rule, scope, complete
FROM sequential_rules FINAL
WHERE model = {model:String} AND window = {window:String}`,
    params: { model, window },
    toRow: (raw) => ({
      rule: String(raw['rule']),
      scope: String(raw['scope']),
      complete: raw['complete'] === true || raw['complete'] === 1,
    }),
  }
}
