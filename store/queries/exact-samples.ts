import type { ModelSpec } from '../../core/model-spec.ts'
import type { FeatureReference } from '../feature-references.ts'
import type { Query } from '../query.ts'
import {
  eventsRelation,
  finalSettings,
  sourcesOf,
  type Relation,
  type TimeRange,
} from './profile-source.ts'
import { blockSettings, derivationsOf, withDerived } from './source.ts'

export interface ExactSamplesInput {
  readonly spec: ModelSpec
  /** Numeric features or pseudo-features. Memory grows with rows times features: pass a few. */
  readonly features: readonly string[]
  readonly widthMs: number
  /** Current events, in intervals aligned to the width. */
  readonly ranges: readonly TimeRange[]
  /** Rows of the reference; its bound names must differ from `from0`, `to0` … */
  readonly reference: Relation
  /** What texts and embeddings are compared with; their features need none where they are not asked for. */
  readonly references?: ReadonlyMap<string, FeatureReference>
}

export interface ExactSamples extends Required<Pick<Query<unknown>, 'params' | 'settings'>> {
  /**
   * Table expressions: `reference` (feature, x, c) and `current` (`arm`, x, c) hold each distinct
   * value x, of those that are there, and how often it occurs.
   */
  readonly counted: string
}

/** What makes one sample of current values. */
export const arm = 'start, version, variant, feature'

/** The two samples that the exact tests of some features compare, in many windows at once. */
export function exactSamples(input: ExactSamplesInput): ExactSamples {
  const wanted = sourcesOf(input.spec, input.references).filter(
    ({ name, kind }) => kind === 'numeric' && input.features.includes(name),
  )
  const current = withDerived(eventsRelation(input.spec, input.ranges), wanted)
  const reference = withDerived(input.reference, wanted)
  const values = `arrayFilter(v -> v.2 IS NOT NULL, arrayZip({names:Array(String)}, [${wanted.map(({ expression }) => expression).join(', ')}]))`
  return {
    counted: counted(reference, current, values),
    params: {
      ...reference.params,
      ...current.params,
      width: input.widthMs,
      names: wanted.map(({ name }) => name),
    },
    settings: { ...finalSettings, ...blockSettings(derivationsOf(wanted)) },
  }
}

// Grouping tells -0 from 0, ordering does not; adding 0 makes both one value.
const value = 'assumeNotNull(v.2) + 0.'

const counted = (reference: Relation, current: Relation, values: string): string => `
  reference AS (
    SELECT v.1 AS feature, ${value} AS x, count() AS c
    FROM (SELECT ${values} AS vs FROM ${reference.from} WHERE ${reference.where})
    ARRAY JOIN vs AS v
    GROUP BY feature, x
  ),
  current AS (
    SELECT start, version, variant, v.1 AS feature, ${value} AS x, count() AS c
    FROM (
      SELECT intDiv(toUnixTimestamp64Milli(ts), {width:Int64}) * {width:Int64} AS start,
        version, variant, ${values} AS vs
      FROM ${current.from}
      WHERE ${current.where}
    )
    ARRAY JOIN vs AS v
    GROUP BY ${arm}, x
  )`
