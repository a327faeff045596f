import { CategoryColumn } from '../store/arrow-columns.ts'
import type { EventColumns, LabelColumns } from './event-columns.ts'
import { FeatureReader, type FeatureLimits, type NewFeatures } from './read-features.ts'
import { isName, kindOf, reject, show, type Rejection } from './rejection.ts'
import { createTimestampReader } from './timestamps.ts'

/** What one event may be at most. Sizes in bytes and characters, times in ms around now. */
export interface EventLimits extends FeatureLimits {
  readonly eventBytes: number
  readonly pastMs: number
  readonly futureMs: number
}

export type Reading = { readonly ok: true } | Rejection | NewFeatures

/** What all records of one delivery have in common. */
export interface Delivery {
  /** The instant of an event that brings none, epoch ms. */
  readonly receivedAt: number
  /** History may be as old as it likes. */
  readonly backfill: boolean
  /** The models the sender may write to; null for all. */
  readonly models: ReadonlySet<string> | null
  /** The id of the record at this index that brings none. */
  readonly fallbackId: (index: number) => string
}

/** Ids of the records of one message that brings none: the same however often it is read. */
export const fallbackIds =
  (first: string) =>
  (index: number): string =>
    index === 0 ? first : `${first}#${index}`

/** Facts about one record that do not stand in it. */
export interface Arrival {
  readonly delivery: Delivery
  /** Place in the delivery. */
  readonly index: number
  readonly bytes: number
}

export type JsonObject = Record<string, unknown>

const accepted = { ok: true } as const
/**
 * Reads events into columns. A whole event is refused only when it cannot be attributed or placed
 * in time or is over a limit; a bad value of a single feature is noted beside the event and counted,
 * because values that stop being numbers are what a monitor is for.
 */
export class EventReader {
  readonly #limits: EventLimits
  readonly #timestamp = createTimestampReader()
  readonly #features: FeatureReader
  /** A name that was checked: most records of a delivery share it. */
  #lastModel: string | null = null

  constructor(limits: EventLimits) {
    this.#limits = limits
    this.#features = new FeatureReader(limits)
  }

  /** Which model a parsed record is about, and whether it is a label; or why it cannot be told. */
  attribute(
    record: unknown,
  ): Rejection | { ok: true; model: string; label: boolean; object: JsonObject } {
    if (typeof record !== 'object' || record === null || Array.isArray(record)) {
      return reject('not_an_object', `an event is a JSON object, found ${kindOf(record)}`)
    }
    const object = record as JsonObject
    const { model, type } = object
    if (model === undefined || model === null || model === '') {
      return reject('missing_model', 'the event names no "model"')
    }
    if (!this.#isModelName(model)) {
      return reject(
        'invalid_name',
        `"model" must be a name of 1 to 128 letters, digits, _ . : - / or spaces, found ${show(model)}`,
      )
    }
    if (type !== undefined && type !== 'event' && type !== 'label') {
      return reject('invalid_type', `"type" must be "event" or "label", found ${show(type)}`)
    }
    return { ok: true, model, label: type === 'label', object }
  }

  #isModelName(model: unknown): model is string {
    if (model === this.#lastModel) return true
    if (typeof model !== 'string' || !isName(model)) return false
    this.#lastModel = model
    return true
  }

  readLabel(object: JsonObject, into: LabelColumns, arrival: Arrival): Reading {
    const { model, id, label, ts, type } = object
    const unknown = unknownKey(object, [model, id, label, ts, type], labelKeys)
    if (unknown !== null) return unknown
    if (id === undefined || id === null || id === '') {
      return reject('missing_id', 'a label names the "id" of its event')
    }
    const eventId = this.#id(id)
    if (typeof eventId !== 'string') return eventId
    if (typeof label !== 'string' && typeof label !== 'number' && typeof label !== 'boolean') {
      return reject(
        'missing_label',
        `"label" must be a string, number or boolean, found ${kindOf(label)}`,
      )
    }
    const text = String(label)
    if (text.length > this.#limits.stringChars) return this.#tooLong('label', text)
    const at = this.#time(ts, { ...arrival.delivery, backfill: true })
    if (typeof at !== 'number') return at
    into.append({ model: String(model), id: eventId, label: text, ts: at })
    return accepted
  }

  /** Appends one event to `into`, or says why not; a refused event leaves nothing behind. */
  readEvent(object: JsonObject, into: EventColumns, arrival: Arrival): Reading {
    const {
      model,
      type,
      version,
      id,
      ts,
      features,
      prediction,
      score,
      latency_ms,
      variant,
      tags,
      error,
    } = object
    const unknown = unknownKey(
      object,
      [model, type, version, id, ts, features, prediction, score, latency_ms, variant, tags, error],
      eventKeys,
    )
    if (unknown !== null) return unknown
    const eventId =
      id === undefined || id === null ? arrival.delivery.fallbackId(arrival.index) : this.#id(id)
    if (typeof eventId !== 'string') return eventId
    const at = this.#time(ts, arrival.delivery)
    if (typeof at !== 'number') return at

    const problem = this.#cells(object, into)
    if (problem !== null) {
      into.dropRow()
      return problem
    }
    into.id.set(into.rows, eventId)
    into.ts.set(into.rows, at)
    into.payloadBytes.set(into.rows, arrival.bytes)
    into.finishRow(at)
    return accepted
  }

  /** Everything of an event but its place: written into the open row, up to the first refusal. */
  #cells(object: JsonObject, into: EventColumns): Reading | null {
    const { version, features, prediction, score, latency_ms, variant, tags, error } = object
    const row = into.rows
    return (
      this.#features.read(features, into) ??
      this.#category('version', version, into.version, row) ??
      this.#category('variant', variant, into.variant, row) ??
      this.#category('error', error, into.error, row) ??
      this.#prediction(prediction, into) ??
      this.#score(score, into) ??
      this.#latency(latency_ms, into) ??
      this.#tags(tags, into)
    )
  }

  #id(id: unknown): string | Rejection {
    const text = typeof id === 'number' && Number.isFinite(id) ? String(id) : id
    if (typeof text !== 'string' || text === '') {
      return reject('invalid_id', `"id" must be a string or a number, found ${show(id)}`)
    }
    if (text.length > this.#limits.stringChars) return this.#tooLong('id', text)
    return text.includes('\0') ? reject('invalid_id', '"id" holds a NUL character') : text
  }

  #time(ts: unknown, { receivedAt, backfill }: Delivery): number | Rejection {
    if (ts === undefined || ts === null) return receivedAt
    const at = this.#timestamp(ts)
    if (!(at >= 0 && at < latestMs)) {
      return reject(
        'invalid_timestamp',
        `"ts" must be ISO 8601 with a zone or epoch milliseconds between 1970 and 2100, found ${show(ts)}`,
      )
    }
    if (at > receivedAt + this.#limits.futureMs) {
      return reject(
        'timestamp_in_future',
        `"ts" ${new Date(at).toISOString()} is more than ${this.#limits.futureMs / 1000} s ahead`,
      )
    }
    if (!backfill && at < receivedAt - this.#limits.pastMs) {
      return reject(
        'timestamp_too_old',
        `"ts" ${new Date(at).toISOString()} is older than ${this.#limits.pastMs / 86_400_000} days: load history by file or with backfill=true`,
      )
    }
    return at
  }

  #category(key: string, value: unknown, column: CategoryColumn, row: number): Rejection | null {
    if (value === undefined || value === null) return null
    const text = this.#text(key, value)
    if (typeof text !== 'string') return text
    column.set(row, text)
    return null
  }

  #text(key: string, value: unknown): string | Rejection {
    const text = typeof value === 'number' ? String(value) : value
    if (typeof text !== 'string')
      return reject('invalid_type', `"${key}" must be a string, found ${kindOf(value)}`)
    return text.length > this.#limits.stringChars ? this.#tooLong(key, text) : text
  }

  #prediction(prediction: unknown, into: EventColumns): Rejection | null {
    if (prediction === undefined || prediction === null) return null
    if (into.prediction instanceof CategoryColumn) {
      const text = typeof prediction === 'boolean' ? String(prediction) : prediction
      return this.#category('prediction', text, into.prediction, into.rows)
    }
    if (typeof prediction !== 'number') into.issue('prediction', 'type_mismatch', show(prediction))
    else if (Number.isFinite(prediction)) into.prediction.set(into.rows, prediction + 0)
    else into.issue('prediction', 'invalid', String(prediction))
    return null
  }

  #score(score: unknown, into: EventColumns): Rejection | null {
    if (score === undefined || score === null) return null
    if (typeof score === 'number') {
      if (Number.isFinite(score)) into.score.set(into.rows, score + 0)
      else into.issue('score', 'invalid', String(score))
      return null
    }
    if (typeof score !== 'object' || Array.isArray(score)) {
      into.issue('score', 'type_mismatch', show(score))
      return null
    }
    return this.#scores(score as JsonObject, into)
  }

  /** {class: probability}: all of them are kept, and the greatest is the event's score. */
  #scores(scores: JsonObject, into: EventColumns): Rejection | null {
    const entries = Object.entries(scores)
    if (entries.length > this.#limits.keys)
      return reject('too_many_keys', `${entries.length} classes in "score"`)
    let greatest = NaN
    for (const [label, probability] of entries) {
      if (label.length > this.#limits.stringChars) return this.#tooLong('score', label)
      if (typeof probability !== 'number' || !Number.isFinite(probability)) {
        into.issue('score', 'invalid', show(probability))
        continue
      }
      into.scores.append(into.rows, label, probability + 0)
      if (!(greatest >= probability)) greatest = probability
    }
    if (!Number.isNaN(greatest)) into.score.set(into.rows, greatest + 0)
    return null
  }

  #latency(latency: unknown, into: EventColumns): Rejection | null {
    if (latency === undefined || latency === null) return null
    if (typeof latency === 'number' && Number.isFinite(latency))
      into.latencyMs.set(into.rows, latency + 0)
    else
      into.issue(
        'latency_ms',
        typeof latency === 'number' ? 'invalid' : 'type_mismatch',
        show(latency),
      )
    return null
  }

  #tags(tags: unknown, into: EventColumns): Rejection | null {
    if (tags === undefined || tags === null) return null
    if (typeof tags !== 'object' || Array.isArray(tags)) {
      return reject('invalid_type', `"tags" must be an object, found ${kindOf(tags)}`)
    }
    const entries = Object.entries(tags)
    if (entries.length > this.#limits.keys) return reject('too_many_keys', `${entries.length} tags`)
    for (const [tag, value] of entries) {
      if (!isName(tag)) return reject('invalid_name', `tag name ${show(tag)} is none`)
      if (value === null) continue
      const text = this.#text(`tags.${tag}`, typeof value === 'boolean' ? String(value) : value)
      if (typeof text !== 'string') return text
      into.tags.append(into.rows, tag, text)
    }
    return null
  }

  #tooLong(key: string, text: string): Rejection {
    return reject(
      'string_too_long',
      `"${key}" has ${text.length} characters, at most ${this.#limits.stringChars} are allowed`,
    )
  }
}

// The last instant that every column type, the window starts among them, can hold with room to spare.
const latestMs = Date.UTC(2100, 0, 1)

const labelKeys: ReadonlySet<string> = new Set(['type', 'model', 'id', 'label', 'ts'])
const eventKeys: ReadonlySet<string> = new Set([
  'type',
  'model',
  'version',
  'id',
  'ts',
  'features',
  'prediction',
  'score',
  'latency_ms',
  'variant',
  'tags',
  'error',
])

/** Counting the known keys that are there is cheaper than looking up every key that is. */
function unknownKey(
  object: JsonObject,
  values: readonly unknown[],
  known: ReadonlySet<string>,
): Rejection | null {
  let present = 0
  for (const value of values) if (value !== undefined) present++
  const keys = Object.keys(object)
  if (keys.length === present) return null
  const stranger = keys.find((key) => !known.has(key))
  return reject(
    'unknown_key',
    `unknown key ${show(stranger)}: allowed are ${[...known].join(', ')}`,
  )
}
