import type { InferredKind } from '../core/model-spec.ts'
import { AppError } from '../core/errors.ts'
import type { ModelRegistry, RegisteredModel } from '../store/model-registry.ts'
import { inferModelFile } from './auto-register.ts'
import type { OpenBatch } from './open-batch.ts'
import { maxLevels, recordText } from './formats/bounded-json.ts'
import { parseJson, type RawRecord } from './formats/native.ts'
import { reject, type Rejection } from './rejection.ts'
import {
  EventReader,
  type Arrival,
  type Delivery,
  type EventLimits,
  type JsonObject,
} from './validate.ts'

export interface RegistrationPolicy {
  readonly autoRegister: boolean
  readonly maxModels: number
}

/** A record that was parsed and names its model. */
interface Attributed {
  readonly ok: true
  readonly object: JsonObject
  readonly model: string
  readonly label: boolean
}

/** One record on its way into a batch. */
interface Arriving extends Arrival {
  readonly batch: OpenBatch
}

/** A record that was refused, and the model it was about; '' where it did not say. */
export interface RefusedRecord extends Rejection {
  readonly model: string
}

type Outcome = RefusedRecord | null

/**
 * Reads records into a batch. Most take the straight path; a record of an unknown model, or with
 * features its model does not have yet, first changes the model, which is why reading may wait.
 */
export class RecordReader {
  readonly #registry: ModelRegistry
  readonly #limits: EventLimits
  readonly #policy: RegistrationPolicy
  readonly #events: EventReader

  constructor(registry: ModelRegistry, limits: EventLimits, policy: RegistrationPolicy) {
    this.#registry = registry
    this.#limits = limits
    this.#policy = policy
    this.#events = new EventReader(limits)
  }

  /**
   * Reads a record into the current place of the batch. Null when it is there, else why not; a promise
   * of either where the model has to change first.
   */
  read(
    record: RawRecord,
    index: number,
    batch: OpenBatch,
    delivery: Delivery,
  ): Outcome | Promise<Outcome> {
    const bytes = bytesOf(record)
    if (bytes === null)
      return refused(reject('too_deep', `the record nests deeper than ${maxLevels} levels`))
    batch.bytes += bytes
    if (bytes > this.#limits.eventBytes) {
      const detail = `${bytes} bytes, at most ${this.#limits.eventBytes} are allowed`
      return refused(reject('event_too_large', detail))
    }
    const value = 'text' in record ? parseJson(record.text) : record.value
    const about = this.#attribute(value, delivery)
    if (!about.ok) return refused(about)
    const arriving: Arriving = { batch, bytes, index, delivery }
    return this.#registry.get(about.model) === undefined
      ? this.#appendToNew(about, arriving)
      : this.#append(about, arriving)
  }

  #append(about: Attributed, arriving: Arriving): Outcome | Promise<Outcome> {
    const known = this.#registry.get(about.model)
    if (known === undefined) return refused(unknownModel(about.model))
    const { batch } = arriving
    if (about.label) {
      const reading = this.#events.readLabel(about.object, batch.labels, arriving)
      if (reading.ok === false) return refused(reading, about.model)
      batch.segment.touch(about.model).labels++
      return null
    }
    const reading = this.#events.readEvent(about.object, batch.columnsOf(known.spec), arriving)
    if (reading.ok === true) return null
    if (reading.ok === false) return refused(reading, about.model)
    return this.#appendExtended(about, arriving, reading.features)
  }

  async #appendToNew(about: Attributed, arriving: Arriving): Promise<Outcome> {
    const refusal = await this.#register(about)
    return refusal === null ? this.#append(about, arriving) : refused(refusal, about.model)
  }

  async #appendExtended(
    about: Attributed,
    arriving: Arriving,
    features: ReadonlyMap<string, InferredKind>,
  ): Promise<Outcome> {
    await this.#extend(about.model, features, arriving.batch)
    return this.#append(about, arriving)
  }

  #attribute(value: unknown, delivery: Delivery): Attributed | Rejection {
    if (value === undefined) return reject('invalid_json', 'the record is no JSON')
    const about = this.#events.attribute(value)
    if (!about.ok) return about
    // A sender that may not write to a model is not told whether it exists.
    if (delivery.models !== null && !delivery.models.has(about.model))
      return unknownModel(about.model)
    return about
  }

  /** Registers the model that a first event describes, or says why not. */
  async #register({ model, object, label }: Attributed): Promise<Rejection | null> {
    await this.#registry.refresh()
    if (this.#registry.get(model) !== undefined) return null
    if (label || !this.#policy.autoRegister) return unknownModel(model)
    if (this.#registry.list().length >= this.#policy.maxModels) {
      return reject(
        'unknown_model',
        `model "${model}" is not registered, and ${this.#policy.maxModels} models are the most this service takes by itself`,
      )
    }
    return this.#changeModel(() => this.#registry.put(inferModelFile(model, object), 'auto'))
  }

  async #extend(
    model: string,
    features: ReadonlyMap<string, InferredKind>,
    batch: OpenBatch,
  ): Promise<void> {
    await this.#changeModel(() => this.#registry.extend(model, features))
    const columns = batch.events.get(model)
    for (const [feature, kind] of features) {
      // Another delivery may have added it while this one waited.
      if (columns?.features.has(feature) === false) columns.addFeature(feature, { type: kind })
    }
  }

  async #changeModel(change: () => Promise<RegisteredModel>): Promise<Rejection | null> {
    try {
      await change()
      return null
    } catch (error) {
      if (error instanceof AppError && error.code === 'MODEL_INVALID')
        return reject('unknown_model', error.message)
      throw error
    }
  }
}

const unknownModel = (model: string): Rejection =>
  reject('unknown_model', `model "${model}" is not registered here`)

const refused = (rejection: Rejection, model = ''): RefusedRecord => ({ ...rejection, model })

/** Null where a record nests so deep that writing it out to be measured would throw. */
function bytesOf(record: RawRecord): number | null {
  if (record.bytes !== undefined) return record.bytes
  const text = recordText(record)
  return text === null ? null : Buffer.byteLength(text, 'utf8')
}
