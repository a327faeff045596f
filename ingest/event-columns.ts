import type { FeatureKind, ModelSpec } from '../core/model-spec.ts'
import type { IssueReason } from '../core/names.ts'
import {
  CategoryColumn,
  IntegerColumn,
  NumberColumn,
  TextColumn,
  TimeColumn,
} from '../store/arrow-columns.ts'
import {
  MapColumn,
  TextListColumn,
  constantColumn,
  constantTime,
} from '../store/arrow-sparse-columns.ts'
import { arrowStream, type ArrowColumn } from '../store/arrow-stream.ts'
import type { ArrowInsert } from '../store/client.ts'
import { eventsTableName, featureColumn } from '../store/tables/events-table.ts'

export type FeatureCells =
  | { readonly name: string; readonly kind: 'numeric'; readonly cells: NumberColumn }
  | {
      readonly name: string
      readonly kind: 'categorical' | 'boolean'
      readonly cells: CategoryColumn
    }

/** Where the rows of a batch come from: offsets are the source's own, without a hole. */
export interface Origin {
  readonly source: string
  readonly topic: string
  readonly partition: number
}

/**
 * The events of one model in one batch, in columns. A row is written cell by cell at number `rows`
 * and counts once `finishRow` is called; `dropRow` takes back what was written of it.
 */
export class EventColumns {
  readonly spec: ModelSpec
  rows = 0
  /** Base windows that the rows fall into, epoch ms. */
  readonly windows = new Set<number>()
  maxEventTime = Number.NEGATIVE_INFINITY

  readonly id = new TextColumn('event_id')
  readonly ts = new TimeColumn('ts')
  readonly version = new CategoryColumn('version', '')
  readonly variant = new CategoryColumn('variant', 'live')
  readonly prediction: NumberColumn | CategoryColumn
  readonly score = new NumberColumn('score')
  readonly scores = new MapColumn<number>('scores', 'number')
  readonly latencyMs = new NumberColumn('latency_ms')
  readonly error = new CategoryColumn('error')
  readonly outlierScore = new NumberColumn('outlier_score')
  readonly tags = new MapColumn<string>('tags', 'text')
  readonly payloadBytes = new IntegerColumn('payload_bytes')
  readonly offset = new IntegerColumn('_offset', 64)
  readonly features = new Map<string, FeatureCells>()
  readonly #issueFeature = new TextListColumn('issues.feature')
  readonly #issueReason = new TextListColumn('issues.reason')
  readonly #issueValue = new TextListColumn('issues.value')
  #lastWindow = NaN

  constructor(spec: ModelSpec) {
    this.spec = spec
    this.prediction =
      spec.task === 'regression' ? new NumberColumn('prediction') : new CategoryColumn('prediction')
    for (const [name, { type }] of spec.features) this.addFeature(name, type)
  }

  addFeature(name: string, kind: FeatureKind): void {
    const column = featureColumn(name)
    this.features.set(
      name,
      kind === 'numeric'
        ? { name, kind, cells: new NumberColumn(column) }
        : { name, kind, cells: new CategoryColumn(column) },
    )
  }

  issue(feature: string, reason: IssueReason, value: string): void {
    this.#issueFeature.append(this.rows, feature)
    this.#issueReason.append(this.rows, reason)
    this.#issueValue.append(this.rows, value)
  }

  finishRow(ts: number): void {
    const window = Math.floor(ts / this.spec.windowMs) * this.spec.windowMs
    if (window !== this.#lastWindow) {
      this.windows.add(window)
      this.#lastWindow = window
    }
    if (ts > this.maxEventTime) this.maxEventTime = ts
    this.rows++
  }

  dropRow(): void {
    for (const { cells } of this.features.values()) cells.clear(this.rows)
    for (const column of this.#fixed()) column.clear(this.rows)
  }

  /** The insert of all finished rows; `firstOffset` is what offset 0 of the batch is in the source. */
  toInsert(origin: Origin, firstOffset: number, ingestedAt: number): ArrowInsert {
    this.offset.offset = firstOffset
    const columns = [
      ...this.#fixed(),
      constantColumn('_source', origin.source),
      constantColumn('_topic', origin.topic),
      constantColumn('_partition', origin.partition),
      constantTime('ingested_at', ingestedAt),
      ...[...this.features.values()].map(({ cells }) => cells),
    ]
    return {
      table: eventsTableName(this.spec.model),
      columns: columns.map(({ name }) => name),
      arrow: arrowStream(columns, this.rows),
    }
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
      this.outlierScore,
      this.tags,
      this.#issueFeature,
      this.#issueReason,
      this.#issueValue,
      this.payloadBytes,
      this.offset,
    ]
  }
}

/** The labels of one batch, of any model. */
export class LabelColumns {
  rows = 0
  /** Labels a model. */
  readonly perModel = new Map<string, number>()
  readonly #model = new CategoryColumn('model')
  readonly #id = new TextColumn('event_id')
  readonly #label = new CategoryColumn('label')
  readonly #ts = new TimeColumn('ts')

  append(label: { model: string; id: string; label: string; ts: number }): void {
    this.#model.set(this.rows, label.model)
    this.#id.set(this.rows, label.id)
    this.#label.set(this.rows, label.label)
    this.#ts.set(this.rows, label.ts)
    this.perModel.set(label.model, (this.perModel.get(label.model) ?? 0) + 1)
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
