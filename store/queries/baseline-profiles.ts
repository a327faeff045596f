import type { ModelSpec } from '../../core/model-spec.ts'
import type { ModelBinning } from '../binning.ts'
import type { Statement } from '../query.ts'
import { profileColumns, profileSelect } from './profile-features.ts'
import { insertSelectSettings, type Relation } from './profile-source.ts'
import { blockSettings, derivationsOf } from './source.ts'
import { profiledSources, sourceChunks } from './profile-windows.ts'

export interface BaselineProfilesInput {
  readonly spec: ModelSpec
  readonly binning: ModelBinning
  /** The reference's rows: all of them make one profile a slice and feature. */
  readonly relation: Relation
  readonly baseline: string
  readonly revision: number
  /** Epoch ms: of rows with one key the latest counts. */
  readonly now: number
}

/** Statements that write a baseline's profiles into table `baseline_profiles`. Harmless to run again. */
export function baselineProfiles(input: BaselineProfilesInput): Statement[] {
  const chunks = sourceChunks(profiledSources(input.spec, input.binning))
  return chunks
    .filter((sources) => sources.length > 0)
    .map((sources) => {
      const { sql, params } = profileSelect({
        relation: input.relation,
        keys: [['everything', 'materialize(toUInt8(0))']],
        sources,
        slices: input.binning.slices,
        software: false,
      })
      return {
        name: 'baseline-profiles',
        sql: `INSERT INTO baseline_profiles (model, baseline, revision, ${profileColumns.join(', ')}, binning, created_at)
SELECT
  {model:String}, {baseline:String}, {revision:UInt32}, ${profileColumns.join(', ')},
  {binning:UInt32}, fromUnixTimestamp64Milli({now:Int64}, 'UTC')
FROM (${sql}
)`,
        params: {
          ...params,
          model: input.spec.model,
          baseline: input.baseline,
          revision: input.revision,
          binning: input.binning.id,
          now: input.now,
        },
        settings: { ...insertSelectSettings, ...blockSettings(derivationsOf(sources)) },
      }
    })
}
