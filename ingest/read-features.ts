import type { InferredKind } from '../core/model-spec.ts'
import type { EventColumns, FeatureCells } from './event-columns.ts'
import { isName, kindOf, reject, show, type Rejection } from './rejection.ts'

/** Values arrived under names the model does not have yet: add them and read the event again. */
export interface NewFeatures {
  readonly ok: 'new_features'
  readonly features: ReadonlyMap<string, InferredKind>
}

export interface FeatureLimits {
  readonly keys: number
  readonly depth: number
  readonly stringChars: number
  /** Of text features. */
  readonly textChars: number
  readonly features: number
}

/**
 * Reads the features of events into columns. A value that is none (an infinity, another type than
 * declared) refuses nothing: it is noted beside the event and counted, because values that stop
 * being numbers are what a monitor is for.
 */
export class FeatureReader {
  readonly #limits: FeatureLimits
  /** The features of the last event in its order: producers repeat themselves. */
  #plan: FeatureCells[] = []
  #planOf: EventColumns | null = null

  constructor(limits: FeatureLimits) {
    this.#limits = limits
  }

  /** Null when every feature is in its column. */
  read(features: unknown, into: EventColumns): Rejection | NewFeatures | null {
    if (features === undefined || features === null) return null
    if (typeof features !== 'object' || Array.isArray(features)) {
      return reject('invalid_type', `"features" must be an object, found ${kindOf(features)}`)
    }
    if (this.#planOf !== into) {
      this.#planOf = into
      this.#plan = []
    }
    return this.#readAll(features as Record<string, unknown>, into)
  }

  #readAll(features: Record<string, unknown>, into: EventColumns): Rejection | NewFeatures | null {
    const row = into.rows
    const plan = this.#plan
    let position = 0
    let unknown: string[] | null = null
    for (const name in features) {
      const value = features[name]
      let cells = plan[position]
      if (cells?.name !== name) {
        cells = into.features.get(name)
        if (cells === undefined) {
          ;(unknown ??= []).push(name)
          continue
        }
        plan[position] = cells
      }
      position++
      if (typeof value === 'number' && cells.kind === 'numeric') {
        // An infinity minus itself is no number. + 0 makes −0 a plain 0: one value to every count.
        if (value - value === 0) cells.cells.set(row, value + 0)
        else into.issue(name, 'invalid', String(value))
      } else if (value !== null) {
        const problem = this.#otherValue(cells, value, into)
        if (problem !== null) return problem
      }
    }
    return this.#rest(position, unknown, features, into)
  }

  /** Whatever is no number under a numeric name: categories, and values of another type. */
  #otherValue(cells: FeatureCells, value: unknown, into: EventColumns): Rejection | null {
    if (cells.kind === 'text' && typeof value === 'string') {
      this.#text(cells, value, into)
      return null
    }
    if (cells.kind === 'embedding' && Array.isArray(value)) {
      readEmbedding(cells, value, into)
      return null
    }
    if (typeof value === 'string') {
      if (value.length > this.#limits.stringChars) {
        return reject(
          'string_too_long',
          `feature "${cells.name}" has ${value.length} characters, at most ${this.#limits.stringChars} are allowed`,
        )
      }
      if (cells.kind === 'categorical') cells.cells.set(into.rows, value)
      else into.issue(cells.name, 'type_mismatch', value)
      return null
    }
    if (typeof value === 'boolean' && cells.kind === 'boolean') {
      cells.cells.set(into.rows, String(value))
      return null
    }
    // The event and its features are two levels already.
    if (nestsDeeper(value, this.#limits.depth - 2)) {
      return reject(
        'too_deep',
        `feature "${cells.name}" nests deeper than ${this.#limits.depth} levels`,
      )
    }
    into.issue(cells.name, 'type_mismatch', show(value))
    return null
  }

  /** Written language has no natural end: of what is too long the beginning is kept. */
  #text({ name, cells }: FeatureCells & { kind: 'text' }, text: string, into: EventColumns): void {
    const most = this.#limits.textChars
    const kept = text.length > most ? wholeCharacters(text, most) : text
    cells.set(into.rows, kept)
    if (kept !== text) into.issue(name, 'truncated', `${text.length} characters`)
  }

  #rest(
    known: number,
    unknown: readonly string[] | null,
    features: Record<string, unknown>,
    into: EventColumns,
  ): Rejection | NewFeatures | null {
    const keys = known + (unknown?.length ?? 0)
    if (keys > this.#limits.keys) {
      return reject(
        'too_many_keys',
        `${keys} features, at most ${this.#limits.keys} keys are allowed`,
      )
    }
    return unknown === null ? null : this.#admit(unknown, features, into)
  }

  #admit(
    names: readonly string[],
    features: Record<string, unknown>,
    into: EventColumns,
  ): Rejection | NewFeatures | null {
    const fresh = new Map<string, InferredKind>()
    for (const name of names) {
      if (!isName(name)) return reject('invalid_name', `feature name ${show(name)} is not allowed`)
      const kind = inferredKind(features[name])
      if (kind !== null) fresh.set(name, kind)
    }
    const total = into.features.size + fresh.size
    if (total > this.#limits.features) {
      return reject(
        'too_many_features',
        `model "${into.spec.model}" would have ${total} features, at most ${this.#limits.features} are allowed`,
      )
    }
    if (fresh.size > 0) return { ok: 'new_features', features: fresh }
    for (const name of names) noteUndeclared(name, features[name], into)
    return null
  }
}

/** What a new feature is by its first value; null where a value does not tell. */
export function inferredKind(value: unknown): InferredKind | null {
  if (typeof value === 'number') return 'numeric'
  if (typeof value === 'string') return 'categorical'
  return typeof value === 'boolean' ? 'boolean' : null
}

/** What nobody declared is no feature; a list of numbers most likely should be one. */
function noteUndeclared(name: string, value: unknown, into: EventColumns): void {
  if (!Array.isArray(value) || typeof value[0] !== 'number') return
  const dimensions = `embedding: [${value.length}]`
  into.issue(name, 'type_mismatch', `a list of numbers: declare it as { ${dimensions} }`)
}

/** At most `most` UTF-16 units, no character cut in two. */
function wholeCharacters(text: string, most: number): string {
  const last = text.charCodeAt(most - 1)
  return text.slice(0, last >= 0xd800 && last < 0xdc00 ? most - 1 : most)
}

/** An empty list is a missing value. */
function readEmbedding(
  { name, dimensions, cells }: FeatureCells & { kind: 'embedding' },
  value: readonly unknown[],
  into: EventColumns,
): void {
  if (value.length === 0) return
  if (value.length !== dimensions) {
    into.issue(name, 'type_mismatch', `a list of ${value.length}`)
    return
  }
  const strange = value.findIndex((x) => typeof x !== 'number' || !Number.isFinite(Math.fround(x)))
  if (strange < 0) cells.set(into.rows, value as number[])
  else into.issue(name, 'invalid', `[${strange}]: ${componentText(value[strange])}`)
}

// JSON has no way to write an infinity.
const componentText = (x: unknown): string => (typeof x === 'number' ? String(x) : show(x))

/** Whether a value nests more than `levels` deep; looks no deeper than it must. */
function nestsDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (levels <= 0) return true
  return Object.values(value).some((inner) => nestsDeeper(inner, levels - 1))
}
