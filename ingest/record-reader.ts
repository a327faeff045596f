import type { FeatureKind } from '../core/model-spec.ts'
import { AppError } from '../core/errors.ts'
import type { ModelRegistry, RegisteredModel } from '../store/model-registry.ts'
import { inferModelFile } from './auto-register.ts'
import type { OpenBatch } from './open-batch.ts'
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
  readonly place: number
  readonly text: string
}

type Outcome = Rejection | null

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
   * Null when the record is in the batch, its rejection when it is among the batch's rejects; a
   * promise of either where the model has to change first.
   */
  read(
    record: RawRecord,
    index: number,
    batch: OpenBatch,
    delivery: Delivery,
  ): Outcome | Promise<Outcome> {
    const text = 'text' in record ? record.text : JSON.stringify(record.value)
    const bytes = ('bytes' in record ? record.bytes : undefined) ?? Buffer.byteLength(text, 'utf8')
    const arriving: Arriving = { batch, text, bytes, index, delivery, place: batch.take(bytes) }
    if (bytes > this.#limits.eventBytes) {
      const detail = `${bytes} bytes, at most ${this.#limits.eventBytes} are allowed`
      return this.#refuse(reject('event_too_large', detail), arriving)
    }
    const about = this.#attribute('text' in record ? parseJson(text) : record.value, delivery)
    if (!about.ok) return this.#refuse(about, arriving)
    return this.#registry.get(about.model) === undefined
      ? this.#appendToNew(about, arriving)
      : this.#append(about, arriving)
  }

  #append(about: Attributed, arriving: Arriving): Outcome | Promise<Outcome> {
    const known = this.#registry.get(about.model)
    if (known === undefined) return this.#refuse(unknownModel(about.model), arriving)
    const { batch, place } = arriving
    if (about.label) {
      const reading = this.#events.readLabel(about.object, batch.labels, arriving)
      return reading.ok === false ? this.#refuse(reading, arriving, about.model) : null
    }
    const columns = batch.columnsOf(known.spec)
    columns.offset.set(columns.rows, place)
    const reading = this.#events.readEvent(about.object, columns, arriving)
    if (reading.ok === true) return null
    if (reading.ok === false) return this.#refuse(reading, arriving, about.model)
    return this.#appendExtended(about, arriving, reading.features)
  }

  async #appendToNew(about: Attributed, arriving: Arriving): Promise<Outcome> {
    const refused = await this.#register(about)
    return refused === null
      ? this.#append(about, arriving)
      : this.#refuse(refused, arriving, about.model)
  }

  async #appendExtended(
    about: Attributed,
    arriving: Arriving,
    features: ReadonlyMap<string, FeatureKind>,
  ): Promise<Outcome> {
    await this.#extend(about.model, features, arriving.batch)
    return this.#append(about, arriving)
  }

  #refuse(rejection: Rejection, { batch, place, text }: Arriving, model = ''): Rejection {
    const { reason, detail } = rejection
    batch.rejected.push({
      place,
      model,
      reason,
      detail,
      raw: text.slice(0, this.#limits.eventBytes),
    })
    return rejection
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
    features: ReadonlyMap<string, FeatureKind>,
    batch: OpenBatch,
  ): Promise<void> {
    await this.#changeModel(() => this.#registry.extend(model, features))
    const columns = batch.events.get(model)
    for (const [feature, kind] of features) {
      // Another delivery may have added it while this one waited.
      if (columns?.features.has(feature) === false) columns.addFeature(feature, kind)
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
