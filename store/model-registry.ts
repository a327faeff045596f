import type { ModelFile, ModelSpec } from '../core/model-spec.ts'

export type ModelOrigin = 'file' | 'api' | 'auto'

/** One revision of a model's description, as kept in table `models`. */
export interface RegisteredModel {
  readonly spec: ModelSpec
  readonly revision: number
  readonly origin: ModelOrigin
  readonly createdAt: Date
}

/**
 * Every model this service knows, in memory, backed by table `models` (history kept) and by the
 * typed events table that each of them has.
 */
export interface ModelRegistry {
  get: (model: string) => RegisteredModel | undefined
  list: () => RegisteredModel[]
  /** All revisions, newest first. */
  history: (model: string) => Promise<RegisteredModel[]>
  /**
   * Stores a new revision if the file differs from the newest one, and makes or alters the events
   * table. Answers the revision in force.
   */
  put: (file: ModelFile, origin: ModelOrigin) => Promise<RegisteredModel>
  /** Reads what other instances have stored since. */
  refresh: () => Promise<void>
}
