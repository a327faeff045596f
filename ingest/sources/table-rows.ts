import { AppError } from '../../core/errors.ts'
import type { FeatureKind, ModelSpec } from '../../core/model-spec.ts'
import { isName } from '../rejection.ts'
import { cellJson, cellKindOf, timeJson, type CellKind } from './cell-values.ts'
import type { FileRecord } from './file-records.ts'

/** Which column of a table is what of an event. All but `model`, `version` and `variant` are column names. */
export interface TableMapping {
  readonly model: string
  /** The version of every row; `versionColumn` where rows differ. */
  readonly version?: string
  readonly versionColumn?: string
  readonly variant?: string
  readonly variantColumn?: string
  readonly id?: string
  readonly ts?: string
  readonly prediction?: string
  readonly score?: string
  /** Ground truth: each row that has it makes a second record, its label. */
  readonly label?: string
  /** Rows are labels of events that are stored already, and no events themselves; needs `id` and `label`. */
  readonly labelsOnly?: boolean
  /** Milliseconds. */
  readonly latency?: string
  readonly tags?: readonly string[]
  /** Default: every column that is nothing else. */
  readonly features?: readonly string[]
}

export interface TableColumn {
  readonly name: string
  readonly kind: CellKind
}

/** What a registered model says of its columns; it overrules what a file looks like. */
export interface DeclaredColumns {
  readonly features: ReadonlyMap<string, FeatureKind>
  readonly prediction: CellKind | null
}

export function declaredColumns(spec: Pick<ModelSpec, 'features' | 'task'>): DeclaredColumns {
  const textTasks: readonly string[] = ['binary_classification', 'multiclass_classification']
  return {
    features: new Map([...spec.features].map(([name, { type }]) => [name, type])),
    prediction:
      spec.task === 'regression' ? 'numeric' : textTasks.includes(spec.task) ? 'text' : null,
  }
}

/** What a row has that does not stand in it. */
export interface RowDefaults {
  /** Ids of rows without one are this, a colon and the row's number from 0. */
  readonly idPrefix: string
  /** Time of rows where no column is their time, epoch ms. */
  readonly ts: number
}

interface Part {
  readonly at: number
  /** `"amount":` */
  readonly key: string
  readonly kind: CellKind
}

/** Turns rows of a table into native events and labels. Throws FILE_INVALID where a mapped column is not there. */
export class TableRows {
  readonly #columns: readonly TableColumn[]
  readonly #labelsOnly: boolean
  readonly #defaults: RowDefaults
  readonly #head: string
  readonly #labelHead: string
  readonly #id: number | null
  readonly #ts: number | null
  readonly #label: Part | null
  readonly #fields: readonly Part[]
  readonly #features: readonly Part[]
  readonly #tags: readonly Part[]

  constructor(
    mapping: TableMapping,
    columns: readonly TableColumn[],
    { declared, defaults }: { declared: DeclaredColumns | null; defaults: RowDefaults },
  ) {
    refuseUnknown(mapping, columns)
    this.#columns = columns
    this.#labelsOnly = mapping.labelsOnly ?? false
    this.#defaults = defaults
    const { model, version, variant } = mapping
    const constants = { model, version, variant }
    this.#head = JSON.stringify(constants).slice(0, -1)
    this.#labelHead = JSON.stringify({ type: 'label', model }).slice(0, -1)
    this.#id = this.#place(mapping.id)
    this.#ts = this.#place(mapping.ts)
    this.#label = this.#part('label', mapping.label)
    this.#fields = [
      this.#part('version', mapping.versionColumn, 'text'),
      this.#part('variant', mapping.variantColumn, 'text'),
      this.#part('prediction', mapping.prediction, declared?.prediction ?? undefined),
      this.#part('score', mapping.score, 'numeric'),
      this.#part('latency_ms', mapping.latency, 'numeric'),
    ].filter((part) => part !== null)
    this.#features = featureNames(mapping, columns).map((name) => {
      const kind = declared?.features.get(name)
      return this.#partAt(name, this.#columnAt(name), kind && cellKindOf(kind))
    })
    this.#tags = (mapping.tags ?? []).map((name) =>
      this.#partAt(name, this.#columnAt(name), 'text'),
    )
  }

  /** Appends the records of one row, `row` counted from 0; cells as text or as JSON values, null where missing. */
  read(
    cells: readonly unknown[],
    { row, place }: { row: number; place: number },
    into: FileRecord[],
  ): void {
    const given = this.#id === null ? null : cellJson(cells[this.#id], 'text')
    const id = given ?? JSON.stringify(`${this.#defaults.idPrefix}:${row}`)
    const ts = this.#ts === null ? String(this.#defaults.ts) : timeJson(cells[this.#ts])
    if (!this.#labelsOnly) into.push({ text: this.#event(cells, id, ts), place, problem: null })
    const label = this.#label === null ? null : labelJson(cells[this.#label.at], this.#label.kind)
    if (label === null) return
    into.push({
      text: `${this.#labelHead},"id":${id},"ts":${ts},"label":${label}}`,
      place,
      problem: null,
    })
  }

  #event(cells: readonly unknown[], id: string, ts: string): string {
    const fields = joined(this.#fields, cells)
    const tags = joined(this.#tags, cells)
    return (
      `${this.#head},"id":${id},"ts":${ts}` +
      (fields === '' ? '' : `,${fields}`) +
      `,"features":{${joined(this.#features, cells)}}` +
      (tags === '' ? '}' : `,"tags":{${tags}}}`)
    )
  }

  #place(name: string | undefined): number | null {
    return name === undefined ? null : this.#columnAt(name)
  }

  #columnAt(name: string): number {
    return this.#columns.findIndex((column) => column.name === name)
  }

  #part(key: string, name: string | undefined, kind?: CellKind): Part | null {
    return name === undefined ? null : this.#partAt(key, this.#columnAt(name), kind)
  }

  #partAt(key: string, at: number, kind?: CellKind): Part {
    return { at, key: `${JSON.stringify(key)}:`, kind: kind ?? this.#columns[at]?.kind ?? 'text' }
  }
}

function joined(parts: readonly Part[], cells: readonly unknown[]): string {
  let text = ''
  for (const { at, key, kind } of parts) {
    const value = cellJson(cells[at], kind)
    if (value !== null) text += text === '' ? key + value : `,${key}${value}`
  }
  return text
}

/** A label is never invalid: among numbers, text is a class of its own. */
function labelJson(cell: unknown, kind: CellKind): string | null {
  const json = cellJson(cell, kind)
  return json === '1e999' ? cellJson(cell, 'text') : json
}

/** Columns that a mapping names, the features left out. */
export function mappedColumns(mapping: TableMapping): string[] {
  const { id, ts, prediction, score, label, latency, versionColumn, variantColumn } = mapping
  return [
    ...[id, ts, prediction, score, label, latency, versionColumn, variantColumn],
    ...(mapping.tags ?? []),
  ].filter((name) => name !== undefined)
}

/** The columns that become features, in the file's order unless they are listed. */
export function featureNames(
  mapping: TableMapping,
  columns: readonly Pick<TableColumn, 'name'>[],
): readonly string[] {
  if (mapping.features !== undefined) return mapping.features
  if (mapping.labelsOnly === true) return []
  const taken = new Set(mappedColumns(mapping))
  // Data frames write their row numbers under no name.
  return columns.map(({ name }) => name).filter((name) => name !== '' && !taken.has(name))
}

function refuseUnknown(mapping: TableMapping, columns: readonly TableColumn[]): void {
  const names = columns.map(({ name }) => name)
  const features = featureNames(mapping, columns)
  const wanted = [...mappedColumns(mapping), ...features]
  const missing = wanted.filter((name) => !names.includes(name))
  const unusable = [...features, ...(mapping.tags ?? [])].filter((name) => !isName(name))
  const twice = wanted.filter((name) => names.indexOf(name) !== names.lastIndexOf(name))
  const nameless = mapping.labelsOnly === true && [mapping.id, mapping.label].includes(undefined)
  const problems = [
    ...(nameless ? ['rows that are labels only need columns for id and label'] : []),
    ...missing.map((name) => `it has no column "${name}"; it has ${names.join(', ')}`),
    ...twice.map((name) => `it has two columns "${name}"`),
    ...unusable.map(
      (name) => `column "${name}" has no name for a feature or tag: rename it or list the features`,
    ),
  ]
  if (problems.length > 0)
    throw new AppError('FILE_INVALID', `the file does not fit: ${problems.join('; ')}`)
}
