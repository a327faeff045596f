import { isDescribed } from '../../core/feature-schema.ts'
import type { ModelSpec } from '../../core/model-spec.ts'
import type { FeatureReference } from '../feature-references.ts'
import { durableInsert, identifier } from '../query.ts'
import { eventsTableName, featureColumn } from '../tables/events-table.ts'
import { derivedSources } from './derived-sources.ts'
import type { Relation, Source } from './source.ts'

export type { Relation, Source } from './source.ts'

/** Half-open interval of event time, epoch milliseconds. */
export interface TimeRange {
  readonly from: number
  readonly to: number
}

/**
 * A row's sorting key holds its hour, so rows that replace each other share a partition: FINAL need
 * not compare partitions with each other.
 */
export const finalSettings = { do_not_merge_across_partitions_select_final: 1 } as const

/** Settings of every INSERT … SELECT here: an answer means written, and no deduplication token decides. */
export const insertSelectSettings = {
  ...finalSettings,
  ...durableInsert,
  optimize_on_insert: 0,
} as const

/**
 * Events of some intervals of event time, each event once; null for events of all versions. No
 * intervals: no events. The prefix keeps the bound names of two relations in one query apart.
 */
export function eventsRelation(
  spec: ModelSpec,
  ranges: readonly TimeRange[],
  prefix = '',
  version: string | null = null,
): Relation {
  const params: Record<string, unknown> = {}
  const conditions = ranges.map(({ from, to }, i) => {
    params[`${prefix}from${i}`] = from
    params[`${prefix}to${i}`] = to
    return `(ts >= ${time(`${prefix}from${i}`)} AND ts < ${time(`${prefix}to${i}`)})`
  })
  const intervals = conditions.length === 0 ? 'false' : `(${conditions.join(' OR ')})`
  if (version !== null) params[`${prefix}version`] = version
  return {
    from: `${identifier(eventsTableName(spec.model))} FINAL`,
    where: version === null ? intervals : `${intervals} AND version = {${prefix}version:String}`,
    params,
  }
}

const time = (param: string): string => `fromUnixTimestamp64Milli({${param}:Int64}, 'UTC')`

/**
 * The declared features, what is computed of texts and embeddings among them, then prediction, score
 * and latency of a model that predicts. A declared feature of the same name comes first: a profile's
 * key must be one thing. What is compared with a reference needs that to be frozen.
 */
export function sourcesOf(
  spec: ModelSpec,
  references: ReadonlyMap<string, FeatureReference> = new Map(),
): Source[] {
  const counted = [...spec.features].filter(([, { type }]) => !isDescribed(type))
  const declared = counted.map(([name, { type }]): Source => ({
    name,
    kind: type === 'numeric' ? 'numeric' : 'categorical',
    expression: identifier(featureColumn(name)),
  }))
  const features = [...declared, ...derivedSources(spec, references)]
  if (spec.kind !== 'model') return features
  const pseudo: Source[] = [
    {
      name: 'prediction',
      kind: spec.task === 'regression' ? 'numeric' : 'categorical',
      expression: 'prediction',
    },
    { name: 'score', kind: 'numeric', expression: 'score' },
    { name: 'latency_ms', kind: 'numeric', expression: 'latency_ms' },
  ]
  return [...features, ...pseudo.filter(({ name }) => !spec.features.has(name))]
}

/**
 * A double as SQL that parses to the same double: JavaScript writes the shortest digits that identify
 * it, and the point makes it a Float64 literal, which the engine reads exactly (bound text it does not).
 */
export function numberLiteral(x: number): string {
  if (!Number.isFinite(x)) throw new RangeError('a number in SQL is finite')
  const text = String(x)
  return /^-?[0-9]+$/.test(text) ? `${text}.` : text
}

/** `[1., 2.5]`; typed, so that an empty list has a type too. */
export const numberArray = (values: readonly number[]): string =>
  `CAST([${values.map(numberLiteral).join(', ')}] AS Array(Float64))`
