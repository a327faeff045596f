import type { Query } from '../query.ts'

/** One revision of what a model's events are scored by, without its definition. */
export interface OutlierModelRow {
  readonly model: string
  readonly revision: number
  readonly baseline: string
  readonly baselineRevision: number
  readonly method: string
  readonly fingerprint: string
}

/** The newest revision of each of these models that has one. */
export function newestOutlierModels(models: readonly string[]): Query<OutlierModelRow> {
  return {
    name: 'newest-outlier-models',
    sql: `
SELECT model, revision, baseline, baseline_revision, method, fingerprint
FROM outlier_models FINAL
WHERE model IN {models:Array(String)}
ORDER BY model, revision DESC
LIMIT 1 BY model`,
    params: { models: [...models] },
    toRow: (raw) => ({
      model: String(raw['model']),
      revision: Number(raw['revision']),
      baseline: String(raw['baseline']),
      baselineRevision: Number(raw['baseline_revision']),
      method: String(raw['method']),
      fingerprint: String(raw['fingerprint']),
    }),
  }
}

/** The definition of one revision: JSON of detectors/outliers/outlier-model.ts. */
export function outlierDefinition(model: string, revision: number): Query<string> {
  return {
    name: 'outlier-definition',
    sql: `
SELECT definition
FROM outlier_models FINAL
WHERE model = {model:String} AND revision = {revision:UInt32}`,
    params: { model, revision },
    toRow: (raw) => String(raw['definition']),
  }
}
