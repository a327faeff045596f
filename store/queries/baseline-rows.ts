import type { StoredProfile } from '../binning.ts'
import type { Query } from '../query.ts'
import { toStoredProfile } from './stored-profile.ts'

export const baselineStatuses = ['ready', 'pending', 'failed'] as const
export type BaselineStatus = (typeof baselineStatuses)[number]

/** A row of table baselines: one revision of one baseline. */
export interface BaselineRow {
  readonly model: string
  readonly baseline: string
  readonly revision: number
  readonly kind: string
  /** Events of this version only are compared with it; '' for all. */
  readonly version: string
  /** JSON of what it is made of. */
  readonly definition: string
  readonly binning: number
  readonly status: BaselineStatus
  /** Why it is pending or failed, in words; '' when ready. */
  readonly detail: string
  readonly n: number
  readonly createdAt: Date
  readonly changedAt: Date
}

/** Every baseline of a model in every revision, oldest first. */
export function baselineRows(model: string): Query<BaselineRow> {
  return {
    name: 'baseline-rows',
    sql: `
SELECT model, baseline, revision, kind, version, definition, binning, status, detail, n,
  toUnixTimestamp64Milli(created_at) AS created, toUnixTimestamp64Milli(changed_at) AS changed
FROM baselines FINAL
WHERE model = {model:String}
ORDER BY baseline, revision`,
    params: { model },
    toRow: (raw) => ({
      model: String(raw['model']),
      baseline: String(raw['baseline']),
      revision: Number(raw['revision']),
      kind: String(raw['kind']),
      version: String(raw['version']),
      definition: String(raw['definition']),
      binning: Number(raw['binning']),
      status: String(raw['status']) as BaselineStatus,
      detail: String(raw['detail']),
      n: Number(raw['n']),
      createdAt: new Date(Number(raw['created'])),
      changedAt: new Date(Number(raw['changed'])),
    }),
  }
}

export interface BaselineProfile {
  readonly slice: string
  readonly feature: string
  readonly profile: StoredProfile
}

/** The profiles of one revision of a baseline. */
export function storedBaselineProfiles(
  model: string,
  baseline: string,
  revision: number,
): Query<BaselineProfile> {
  return {
    name: 'stored-baseline-profiles',
    sql: `
SELECT slice, feature, n, missing, invalid, unseen, type_mismatch, out_of_range, counts, sum, sum_squares, min, max
FROM baseline_profiles FINAL
WHERE model = {model:String} AND baseline = {baseline:String} AND revision = {revision:UInt32}
ORDER BY slice, feature`,
    params: { model, baseline, revision },
    toRow: (raw) => ({
      slice: String(raw['slice']),
      feature: String(raw['feature']),
      profile: toStoredProfile(raw),
    }),
  }
}
