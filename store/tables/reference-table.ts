import type { FeatureSpec, ModelSpec } from '../../core/model-spec.ts'
import type { IssueReason } from '../../core/names.ts'
import type { FileLoad } from '../client.ts'
import type { TableDefinition } from '../ddl.ts'
import type { Relation } from '../queries/profile-source.ts'
import { identifier } from '../query.ts'
import {
  eventsTableName,
  featureColumn,
  featureColumnDefinition,
  predictionType,
} from './events-table.ts'

export const referenceTableName = (model: string): string =>
  eventsTableName(model).replace(/^events_/, 'reference_')

/**
 * `reference_<model>`: rows of reference files, typed like events, kept so that exact tests can read
 * them. A load that broke off leaves rows behind that no baseline names.
 */
export function referenceTable(spec: ModelSpec): TableDefinition {
  return {
    name: referenceTableName(spec.model),
    columns: [
      'baseline String',
      'load String',
      'row UInt64',
      'version LowCardinality(String)',
      `prediction ${predictionType(spec.task)}`,
      'score Nullable(Float64)',
      'latency_ms Nullable(Float64)',
      'tags Map(LowCardinality(String), String)',
      '`issues.feature` Array(LowCardinality(String))',
      '`issues.reason` Array(LowCardinality(String))',
      "loaded_at DateTime64(3, 'UTC')",
      ...referenceFeatures(spec),
    ],
    replacing: 'loaded_at',
    orderBy: '(baseline, load, row)',
    shardBy: 'row',
  }
}

/** Definitions of the feature columns: a table made before a feature was declared lacks its column. */
export const referenceFeatures = (spec: ModelSpec): string[] =>
  [...spec.features].map(([name, { type }]) => featureColumnDefinition(name, type))

/** The rows of one load; the prefix keeps bound names of two relations apart. */
export function referenceRelation(
  spec: ModelSpec,
  baseline: string,
  load: string,
  prefix = 'reference_',
): Relation {
  return {
    from: identifier(referenceTableName(spec.model)),
    where: `baseline = {${prefix}baseline:String} AND load = {${prefix}load:String}`,
    params: { [`${prefix}baseline`]: baseline, [`${prefix}load`]: load },
  }
}

export interface ReferenceLoad {
  readonly baseline: string
  readonly load: string
  readonly file: string
  readonly format: FileLoad['format']
  /** Columns of the file that are read; all others are skipped. */
  readonly columns: readonly string[]
}

/**
 * How a file becomes rows. Every column is read as text and read on as an event's value would be:
 * numbers that are none, or not finite, are invalid; what is neither true nor false, in any of the
 * spellings of common writers, is no boolean; empty numbers and booleans are missing. An embedding is
 * a list in Parquet, elsewhere a list as JSON writes it.
 */
export function referenceLoad(spec: ModelSpec, input: ReferenceLoad): FileLoad {
  const has = (name: string): boolean => input.columns.includes(name)
  const cells: [column: string, expression: string][] = [
    ['baseline', text(input.baseline)],
    ['load', text(input.load)],
    ['row', 'rowNumberInAllBlocks()'],
    ['version', has('version') ? "ifNull(version, '')" : "''"],
    ['loaded_at', 'now64(3)'],
    ['tags', tagsOf(input.columns)],
  ]
  const faults: Fault[] = []
  const values: [name: string, column: string, feature: FeatureSpec][] = [
    ['prediction', 'prediction', { type: spec.task === 'regression' ? 'numeric' : 'categorical' }],
    ['score', 'score', { type: 'numeric' }],
    ['latency_ms', 'latency_ms', { type: 'numeric' }],
    ...[...spec.features].map(([name, feature]): [string, string, FeatureSpec] => [
      name,
      featureColumn(name),
      feature,
    ]),
  ]
  for (const [name, column, feature] of values) {
    if (!has(name)) continue
    const cell = cellOf(name, feature, input.format)
    cells.push([column, cell.value])
    faults.push(...cell.faults)
  }
  cells.push(
    ['issues.feature', `${faultsOf(faults)}.1`],
    ['issues.reason', `${faultsOf(faults)}.2`],
  )
  return {
    table: referenceTableName(spec.model),
    columns: cells.map(([column]) => column),
    select: cells.map(([, expression]) => expression),
    structure: input.columns
      .map((name) => `${identifier(name)} ${fileType(spec.features.get(name), input.format)}`)
      .join(', '),
    format: input.format,
    file: input.file,
  }
}

interface Fault {
  readonly name: string
  /** Condition over the file's columns. */
  readonly when: string
  readonly reason: IssueReason
}

/** Pairs of feature and reason; the empty one gives the list its type. */
const faultsOf = (faults: readonly Fault[]): string => {
  const pairs = faults.map(
    ({ name, when, reason }) => `if(${when}, (${text(name)}, '${reason}'), ('', ''))`,
  )
  return `arrayFilter(f -> f.1 != '', [${["('', '')", ...pairs].join(', ')}])`
}

/** Columns of a file that a model knows: features, prediction, score, latency, version and tags. */
export function knownColumns(spec: ModelSpec, names: readonly string[]): string[] {
  const fixed = ['prediction', 'score', 'latency_ms', 'version']
  return names.filter(
    (name) => spec.features.has(name) || fixed.includes(name) || /^tags\..+/.test(name),
  )
}

const trimmed = (name: string): string => `trim(ifNull(${identifier(name)}, ''))`
const parsed = (name: string): string => `toFloat64OrNull(${trimmed(name)})`
const isInvalid = (name: string): string =>
  `lower(${trimmed(name)}) NOT IN ('', 'nan') AND NOT ifNull(isFinite(${parsed(name)}), 0)`
const isNoBoolean = (name: string): string =>
  `lower(${trimmed(name)}) NOT IN ('', 'true', 'false', '1', '0')`

interface Cell {
  readonly value: string
  readonly faults: readonly Fault[]
}

function cellOf(
  name: string,
  { type, dimensions = 0 }: FeatureSpec,
  format: FileLoad['format'],
): Cell {
  switch (type) {
    case 'numeric':
      return {
        value: `if(ifNull(isFinite(${parsed(name)}), 0), ${parsed(name)} + 0., NULL)`,
        faults: [{ name, when: isInvalid(name), reason: 'invalid' }],
      }
    case 'boolean':
      return {
        value: `multiIf(lower(${trimmed(name)}) IN ('true', '1'), 'true', lower(${trimmed(name)}) IN ('false', '0'), 'false', NULL)`,
        faults: [{ name, when: isNoBoolean(name), reason: 'type_mismatch' }],
      }
    case 'embedding':
      return embeddingCell(name, dimensions, format)
    case 'categorical':
    case 'text':
      return { value: identifier(name), faults: [] }
  }
}

const numberList = 'Array(Nullable(Float64))'

/** Lists stand as such in Parquet alone; there they cannot be read as text. */
const fileType = (feature: FeatureSpec | undefined, format: FileLoad['format']): string =>
  feature?.type === 'embedding' && format === 'Parquet' ? numberList : 'Nullable(String)'

function embeddingCell(name: string, dimensions: number, format: FileLoad['format']): Cell {
  const list =
    format === 'Parquet' ? identifier(name) : `JSONExtract(${trimmed(name)}, '${numberList}')`
  const missing =
    format === 'Parquet'
      ? `length(${list}) = 0`
      : `lower(${trimmed(name)}) IN ('', '[]', 'nan', 'null')`
  const whole = `length(${list}) = ${dimensions}`
  const single = `arrayMap(x -> toFloat32(ifNull(x, nan)), ${list})`
  const finite = `arrayAll(x -> isFinite(x), ${single})`
  return {
    value: `if(${whole} AND ${finite}, ${single}, CAST([] AS Array(Float32)))`,
    faults: [
      { name, when: `NOT (${missing}) AND NOT (${whole})`, reason: 'type_mismatch' },
      { name, when: `${whole} AND NOT (${finite})`, reason: 'invalid' },
    ],
  }
}

function tagsOf(columns: readonly string[]): string {
  const pairs = columns
    .filter((name) => name.startsWith('tags.'))
    .map((name) => `(${text(name.slice('tags.'.length))}, ifNull(${identifier(name)}, ''))`)
  const list = `[${["('', '')", ...pairs].join(', ')}]`
  return `CAST(arrayFilter(t -> t.2 != '', ${list}) AS Map(LowCardinality(String), String))`
}

/** A file is read by expressions that cannot be bound into. */
const text = (value: string): string => `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
