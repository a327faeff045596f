import { NumberColumn } from '../store/arrow-columns.ts'
import { MapColumn, runColumn } from '../store/arrow-sparse-columns.ts'
import type { ArrowColumn } from '../store/arrow-stream.ts'

/** What scoring writes beside the events of a batch. */
export class OutlierColumns {
  readonly score = new NumberColumn('outlier_score')
  /** Of outliers: the features that make them one. Written row by row, in order. */
  readonly features = new MapColumn<number>('outlier_features', 'number')
  readonly #revision: number

  /** `revision` of the outlier model that scores. */
  constructor(revision: number) {
    this.#revision = revision
  }

  columns(): ArrowColumn[] {
    const revision = runColumn('outlier_revision', [{ from: 0, value: this.#revision }])
    return [this.score, this.features, revision]
  }
}
