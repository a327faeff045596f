import type { FeatureKind } from '../core/model-spec.ts'
import { AppError } from '../core/errors.ts'
import type { ModelRegistry, RegisteredModel } from '../store/model-registry.ts'
import { inferModelFile } from './auto-register.ts'
import type { OpenBatch } from './open-batch.ts'
import { parseJson, type RawRecord } from './formats/native.ts'
import { reject, type Rejection } from './rejection.ts'
import { EventReader, type EventLimits, type JsonObject } from './validate.ts'

/** What all records of one delivery have in common. */
export interface Delivery {
  readonly receivedAt: number
  readonly backfill: boolean
  /** The models the sender may write to; null for all. */
  readonly models: ReadonlySet<string> | null
  /** The id of the record at this index that brings none. */
  readonly fallbackId: (index: number) => string
}

export interface RegistrationPolicy {
  readonly autoRegister: boolean
  readonly maxModels: number
}

/** A record on its way: parsed, attributed, and waiting for the model it names. */
interface Pending {
  readonly ok: true
  readonly object: JsonObject
  readonly model: string
  readonly label: boolean
}

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

  /** Null when the record is in the batch; its rejection when it is among the batch's rejects; a promise where the model has to change first. */
  read(
    record: RawRecord,
    index: number,
    batch: OpenBatch,
    delivery: Delivery,
  ): Rejection | null | Promise<Rejection | null> {
    const text = 'text' in record ? record.text : JSON.stringify(record.value)
    const bytes = byteLength(text)
    const place = batch.take(bytes)
    const refuse = (rejection: Rejection, model = ''): Rejection => {
      const raw = text.slice(0, this.#limits.eventBytes)
      batch.rejected.push({ place, model, reason: rejection.reason, detail: rejection.detail, raw })
      return rejection
    }
    if (bytes > this.#limits.eventBytes) {
      return refuse(
        reject('event_too_large', `${bytes} bytes, at most ${this.#limits.eventBytes} are allowed`),
      )
    }
    const pending = this.#parse(record, delivery)
    if (!pending.ok) return refuse(pending)
    const append = (): Rejection | null | Promise<Rejection | null> => {
      const arrival = {
        fallbackId: () => delivery.fallbackId(index),
        receivedAt: delivery.receivedAt,
        backfill: delivery.backfill,
        bytes,
      }
      const known = this.#registry.get(pending.model)
      if (known === undefined) return null
      if (pending.label) {
        const reading = this.#events.readLabel(pending.object, batch.labels, arrival)
        return reading.ok === false ? refuse(reading, pending.model) : null
      }
      const columns = batch.columnsOf(known.spec)
      columns.offset.set(columns.rows, place)
      const reading = this.#events.readEvent(pending.object, columns, arrival)
      if (reading.ok === true) return null
      if (reading.ok === false) return refuse(reading, pending.model)
      return this.#extend(pending.model, reading.features, batch).then(append)
    }
    if (this.#registry.get(pending.model) !== undefined) return append()
    return this.#register(pending).then((rejection) =>
      rejection === null ? append() : refuse(rejection, pending.model),
    )
  }

  #parse(record: RawRecord, delivery: Delivery): Pending | Rejection {
    const value = 'text' in record ? parseJson(record.text) : record.value
    if (value === undefined) return reject('invalid_json', 'the record is no JSON')
    const about = EventReader.attribute(value)
    if (!about.ok) return about
    // A sender that may not write to a model is not told whether it exists.
    if (delivery.models !== null && !delivery.models.has(about.model))
      return unknownModel(about.model)
    return about
  }

  /** Registers the model that a first event describes, or says why not. */
  async #register({ model, object, label }: Pending): Promise<Rejection | null> {
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

/** Bytes of UTF-8; most text is ASCII, where characters are bytes. */
function byteLength(text: string): number {
  return Buffer.byteLength(text, 'utf8')
}
