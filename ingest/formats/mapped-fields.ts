import type { Config } from '../../core/config.ts'
import type { TimeUnit } from '../../core/mapping-schema.ts'
import { parsePointer, valueAt } from './json-pointer.ts'
import type { DecodingOptions } from './options.ts'
import { outputRow } from './outputs.ts'

/** The section `mapping` of a decoding. Its pointers were checked with the configuration. */
export type Mapping = NonNullable<Config['decodings'][string]['mapping']>

/** Where pointers start: the message, and the entries of lists that make a row. */
export interface Scope {
  readonly top: unknown
  readonly row: Readonly<Record<string, unknown>>
  /** Number of the row; null where the message is one. */
  readonly index: number | null
  /** What its message may still become. */
  readonly budget: Budget
}

/**
 * Values that a message may become. What stands above the rows comes again with each of them, so that
 * a list there can make a small message as large as the square of it.
 */
export class Budget {
  #left = 1_000_000

  get isSpent(): boolean {
    return this.#left < 0
  }

  /** The value, if it can be had: a list or an object costs what it has. */
  take(value: unknown): unknown {
    if (!this.isSpent) this.#left -= isContainer(value) ? 1 + Object.keys(value).length : 1
    return this.isSpent ? undefined : value
  }
}

const isContainer = (value: unknown): value is object => typeof value === 'object' && value !== null

type Read = (scope: Scope) => unknown

/** What a mapping makes of one row. */
export interface MappedFields {
  /** A native event; null where nothing of it is there. */
  readonly event: (scope: Scope) => object | null
  /** A native label; null where the truth is not there. */
  readonly label: (scope: Scope) => object | null
}

/** Compiles the parts of a mapping that become members of an event or label. */
export function mappedFields(
  mapping: Mapping,
  options: DecodingOptions,
  localTime: (text: string) => number,
): MappedFields {
  const time = (at: Mapping['ts']) => measured(at, (value, unit) => instant(value, unit, localTime))
  const model = asText(options.model === null ? text(mapping.model) : () => options.model)
  return {
    event: eventOf(mapping, { options, model, time: time(mapping.ts) }),
    label: labelOf(mapping.label, model, time(mapping.label?.ts)),
  }
}

function eventOf(
  mapping: Mapping,
  { options, model, time }: { options: DecodingOptions; model: Read; time: Read },
): MappedFields['event'] {
  const given = (option: string | null, part: Mapping['version']): Read =>
    option === null ? text(part) : () => option
  const version = given(options.version, mapping.version)
  const variant = given(options.variant, mapping.variant)
  const id = identity(mapping.id)
  const features = members(mapping.features ?? {}, options.features)
  const tags = members(mapping.tags ?? {}, [])
  const output = outputOf(mapping, options)
  const latency = measured(mapping.latencyMs, milliseconds)
  const error = text(mapping.error)
  return (scope) => {
    const found = features(scope)
    const answer = output(scope)
    if (found.size === 0 && answer.prediction === undefined && answer.score === undefined)
      return null
    const labels = tags(scope)
    return present({
      model: model(scope),
      version: version(scope),
      variant: variant(scope),
      id: id(scope),
      ts: time(scope),
      features: found.size === 0 ? undefined : Object.fromEntries(found),
      prediction: answer.prediction,
      score: answer.score,
      latency_ms: latency(scope),
      tags: labels.size === 0 ? undefined : Object.fromEntries(labels),
      error: error(scope),
    })
  }
}

function labelOf(part: Mapping['label'], model: Read, time: Read): MappedFields['label'] {
  if (part === undefined) return () => null
  const label = text(part.label)
  const id = identity(part.id)
  return (scope) => {
    const truth = label(scope)
    if (truth === undefined || truth === null) return null
    const facts = { type: 'label', model: model(scope), id: id(scope), label: truth }
    return present({ ...facts, ts: time(scope) })
  }
}

/** Pointers and constants. Undefined: there is none, and so no value. */
function text(part: string | { readonly value: string } | undefined): Read {
  if (part === undefined) return () => undefined
  if (typeof part !== 'string') return ({ budget }) => budget.take(part.value)
  const { start, steps } = parsePointer(part)
  return start === ''
    ? ({ top, budget }) => budget.take(valueAt(top, steps))
    : ({ row, budget }) => budget.take(valueAt(row[start], steps))
}

/**
 * A value that a feature or tag can have. A list of such may be one; of what nests, the kind is kept
 * alone, which is all that is counted of it.
 */
function flat(value: unknown): unknown {
  if (!isContainer(value)) return value
  if (!Array.isArray(value)) return {}
  return value.some(isContainer) ? [] : value
}

/** Names that are numbers in the message are names all the same. */
const asText =
  (read: Read): Read =>
  (scope) => {
    const value = read(scope)
    return typeof value === 'number' || typeof value === 'boolean' ? String(value) : value
  }

/** An id that stands above the rows is that of them all: the number of the row tells them apart. */
function identity(pointer: string | undefined): Read {
  const read = text(pointer)
  if (pointer === undefined || parsePointer(pointer).start !== '') return read
  return (scope) => {
    const id = read(scope)
    const named = typeof id === 'string' || typeof id === 'number'
    return scope.index === null || !named ? id : `${id}#${scope.index}`
  }
}

type Parts = Readonly<Record<string, string | { readonly value: string }>>

/** Members by name; what stands under a star first, so that a name given in full has the last word. */
function members(parts: Parts, columns: readonly string[]): (scope: Scope) => Map<string, unknown> {
  const all = Object.entries(parts).map(([name, part]) => ({ name, read: text(part) }))
  const stars = all.filter(({ name }) => name.endsWith('*'))
  const singles = all.filter(({ name }) => !name.endsWith('*'))
  return (scope) => {
    const found = new Map<string, unknown>()
    for (const { name, read } of stars) {
      for (const [member, value] of columnsOf(read(scope), columns)) {
        found.set(name.slice(0, -1) + member, flat(scope.budget.take(value)))
      }
    }
    for (const { name, read } of singles) {
      const value = read(scope)
      if (value !== undefined) found.set(name, flat(value))
    }
    return found
  }
}

/** Of an object its members; of a list its entries, by the names of the columns or their numbers. */
function columnsOf(value: unknown, columns: readonly string[]): [string, unknown][] {
  if (typeof value !== 'object' || value === null) return []
  if (!Array.isArray(value)) return Object.entries(value)
  return (value as unknown[]).map((entry, i) => [columns[i] ?? String(i), entry])
}

interface Answer {
  readonly prediction?: unknown
  readonly score?: unknown
}

function outputOf(mapping: Mapping, { outputs }: DecodingOptions): (scope: Scope) => Answer {
  const prediction = text(mapping.prediction)
  const score = text(mapping.score)
  const classes = mapping.classes === undefined ? () => outputs.classes : text(mapping.classes)
  return (scope) => {
    const value = score(scope)
    const names = classes(scope)
    const told: Answer =
      value === undefined || value === null
        ? {}
        : outputRow(
            { score: value },
            {
              prediction: null,
              score: 'score',
              classes: Array.isArray(names) ? names.map(String) : [],
            },
          )
    return { ...told, ...present({ prediction: prediction(scope) }) }
  }
}

type Measured = string | { readonly pointer: string; readonly unit: TimeUnit } | undefined

function measured(part: Measured, read: (value: unknown, unit: TimeUnit) => unknown): Read {
  const at = typeof part === 'object' ? part : { pointer: part, unit: 'ms' as const }
  const find = text(at.pointer)
  return (scope) => {
    const value = find(scope)
    return value === undefined || value === null ? undefined : read(value, at.unit)
  }
}

const perMs: Readonly<Record<TimeUnit, number>> = { s: 0.001, ms: 1, us: 1000, ns: 1_000_000 }

/** A number, or a text that is one; of anything else the value itself, for the native reader to refuse. */
function milliseconds(value: unknown, unit: TimeUnit): unknown {
  if (typeof value === 'number') return value / perMs[unit]
  return typeof value === 'string' && /^-?\d{1,20}(\.\d{1,20})?$/.test(value)
    ? Number(value) / perMs[unit]
    : value
}

/** Epoch ms; what is no time stays as it is, for the native reader to refuse by name. */
function instant(value: unknown, unit: TimeUnit, localTime: (text: string) => number): unknown {
  const ms = milliseconds(value, unit)
  // A fraction of seconds has no exact double: without rounding, .123 would become 122 ms.
  if (typeof ms === 'number') return unit === 's' ? Math.round(ms) : Math.floor(ms)
  if (typeof value !== 'string') return value
  // BigQuery writes the zone as a word.
  const at = localTime(value.replace(/ UTC$/, 'Z'))
  return Number.isNaN(at) ? value : at
}

/** Without the members that are not there: a native event has no member of no value. */
function present(object: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined))
}
