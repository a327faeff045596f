import type { FeatureSpec, ModelSpec } from '../core/model-spec.ts'
import type { IssueReason } from '../core/names.ts'
import {
  CategoryColumn,
  IntegerColumn,
  basedColumn,
  NumberColumn,
  TextColumn,
  TimeColumn,
} from '../store/arrow-columns.ts'
import { NullableTextColumn, NumberListColumn } from '../store/arrow-feature-columns.ts'
import {
  MapColumn,
  TextListColumn,
  constantTime,
  runColumn,
  type Run,
} from '../store/arrow-sparse-columns.ts'
import { arrowStream, type ArrowColumn } from '../store/arrow-stream.ts'
import type { ArrowInsert } from '../store/client.ts'
import { eventsTableName, featureColumn } from '../store/tables/events-table.ts'
import type { OutlierColumns } from './outlier-columns.ts'
import type { Segment, Touched } from './segment.ts'

export type FeatureCells =
  | { readonly name: string; readonly kind: 'numeric'; readonly cells: NumberColumn }
  | {
      readonly name: string
      readonly kind: 'categorical' | 'boolean'
      readonly cells: CategoryColumn
    }
  | { readonly name: string; readonly kind: 'text'; readonly cells: NullableTextColumn }
  | {
      readonly name: string
      readonly kind: 'embedding'
      readonly dimensions: number
      readonly cells: NumberListColumn
    }

/**
 * The events of one model in one batch, in columns. A row is written cell by cell at number `rows`
 * and counts once `finishRow` is called; `dropRow` takes back what was written of it.
 */
export class EventColumns {
  readonly spec: ModelSpec
  rows = 0

  readonly id = new TextColumn('event_id')
  readonly ts = new TimeColumn('ts')
  readonly version = new CategoryColumn('version', '')
  readonly variant = new CategoryColumn('variant', 'live')
  readonly prediction: NumberColumn | CategoryColumn
  readonly score = new NumberColumn('score')
  readonly scores = new MapColumn<number>('scores', 'number')
  readonly latencyMs = new NumberColumn('latency_ms')
  readonly error = new CategoryColumn('error')
  readonly tags = new MapColumn<string>('tags', 'text')
  readonly payloadBytes = new IntegerColumn('payload_bytes')
  readonly features = new Map<string, FeatureCells>()
  readonly #issueFeature = new TextListColumn('issues.feature')
  readonly #issueReason = new TextListColumn('issues.reason')
  readonly #issueValue = new TextListColumn('issues.value')
  /** Null before the batch was scored, and for a model that nothing scores. */
  outliers: OutlierColumns | null = null
  readonly #place = new IntegerColumn('_offset')
  /** From which row on the rows are of another segment. */
  readonly #runs: { readonly from: number; readonly segment: Segment }[] = []
  #segment: Segment | null = null
  #touched: Touched | null = null
  #lastWindow = NaN

  constructor(spec: ModelSpec) {
    this.spec = spec
    this.prediction =
      spec.task === 'regression' ? new NumberColumn('prediction') : new CategoryColumn('prediction')
    for (const [name, feature] of spec.features) this.addFeature(name, feature)
  }

  addFeature(name: string, feature: FeatureSpec): void {
    this.features.set(name, featureCells(name, feature))
  }

  issue(feature: string, reason: IssueReason, value: string): void {
    this.#issueFeature.append(this.rows, feature)
    this.#issueReason.append(this.rows, reason)
    this.#issueValue.append(this.rows, value)
  }

  /** The open row is the message at this place of this segment. */
  enter(segment: Segment, place: number): void {
    this.#place.set(this.rows, place)
    if (this.#segment === segment) return
    // A run that no row was written to gives way.
    if (this.#runs.at(-1)?.from === this.rows) this.#runs.pop()
    this.#runs.push({ from: this.rows, segment })
    this.#segment = segment
    this.#touched = null
    this.#lastWindow = NaN
  }

  finishRow(ts: number): void {
    if (this.#segment === null) throw new RangeError('a row without a place')
    // Only a row that is kept counts as touching its segment.
    const touched = (this.#touched ??= this.#segment.touch(this.spec.model))
    const window = Math.floor(ts / this.spec.windowMs) * this.spec.windowMs
    if (window !== this.#lastWindow) {
      touched.windows.add(window)
      this.#lastWindow = window
    }
    if (ts > touched.maxEventTime) touched.maxEventTime = ts
    touched.rows++
    this.rows++
  }

  dropRow(): void {
    for (const { cells } of this.features.values()) cells.clear(this.rows)
    for (const column of this.#fixed()) column.clear(this.rows)
  }

  /** The insert of all finished rows; it lies in the memory of these columns. */
  toInsert(ingestedAt: number): ArrowInsert {
    const columns = [
      ...this.#fixed(),
      ...(this.outliers?.columns() ?? []),
      ...this.#position(),
      constantTime('ingested_at', ingestedAt),
      ...[...this.features.values()].map(({ cells }) => cells),
    ]
    return {
      table: eventsTableName(this.spec.model),
      columns: columns.map(({ name }) => name),
      arrow: arrowStream(columns, this.rows),
    }
  }

  /** Gives up all rows, once they are stored. */
  release(): void {
    const columns: ArrowColumn[] = [...this.#fixed(), this.#place]
    for (const { cells } of this.features.values()) columns.push(cells)
    for (const column of columns) column.release?.()
  }

  #position(): ArrowColumn[] {
    const runs = <T>(of: (segment: Segment) => T): Run<T>[] =>
      this.#runs.map(({ from, segment }) => ({ from, value: of(segment) }))
    return [
      runColumn(
        '_source',
        runs(({ origin }) => origin.source),
      ),
      runColumn(
        '_topic',
        runs(({ origin }) => origin.topic),
      ),
      runColumn(
        '_partition',
        runs(({ origin }) => origin.partition),
      ),
      basedColumn(
        this.#place,
        runs(({ first }) => first),
      ),
    ]
  }

  #fixed(): ArrowColumn[] {
    return [
      this.id,
      this.ts,
      this.version,
      this.variant,
      this.prediction,
      this.score,
      this.scores,
      this.latencyMs,
      this.error,
      this.tags,
      this.#issueFeature,
      this.#issueReason,
      this.#issueValue,
      this.payloadBytes,
    ]
  }
}

function featureCells(name: string, { type: kind, dimensions = 0 }: FeatureSpec): FeatureCells {
  const column = featureColumn(name)
  switch (kind) {
    case 'numeric':
      return { name, kind, cells: new NumberColumn(column) }
    case 'text':
      return { name, kind, cells: new NullableTextColumn(column) }
    case 'embedding':
      return { name, kind, dimensions, cells: new NumberListColumn(column) }
    case 'categorical':
    case 'boolean':
      return { name, kind, cells: new CategoryColumn(column) }
  }
}

/** The labels of one batch, of any model. */
export class LabelColumns {
  rows = 0
  readonly #model = new CategoryColumn('model')
  readonly #id = new TextColumn('event_id')
  readonly #label = new CategoryColumn('label')
  readonly #ts = new TimeColumn('ts')

  append(label: { model: string; id: string; label: string; ts: number }): void {
    this.#model.set(this.rows, label.model)
    this.#id.set(this.rows, label.id)
    this.#label.set(this.rows, label.label)
    this.#ts.set(this.rows, label.ts)
    this.rows++
  }

  toInsert(ingestedAt: number): ArrowInsert {
    const columns = [
      this.#model,
      this.#id,
      this.#label,
      this.#ts,
      constantTime('ingested_at', ingestedAt),
    ]
    return {
      table: 'labels',
      columns: columns.map(({ name }) => name),
      arrow: arrowStream(columns, this.rows),
    }
  }
}
