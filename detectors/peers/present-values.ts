import { type PeerSample } from './peer.ts'

export type Value = number | string

export interface PresentValues<T extends Value> {
  readonly reference: readonly T[]
  readonly current: readonly T[]
}

/**
 * The values of both sides without missing ones and infinities, which the
 * peers drop on each side by itself. Null when a side holds none. O(n).
 */
export function presentValues(sample: PeerSample): PresentValues<Value> | null {
  const reference = sample.reference.filter(isPresent)
  const current = sample.current.filter(isPresent)
  return reference.length > 0 && current.length > 0 ? { reference, current } : null
}

/** The same of a numeric sample; null for a categorical one. */
export function presentNumbers(sample: PeerSample): PresentValues<number> | null {
  if (sample.kind !== 'numeric') return null
  const reference = sample.reference.filter(isPresent)
  const current = sample.current.filter(isPresent)
  return reference.length > 0 && current.length > 0 ? { reference, current } : null
}

function isPresent<T extends Value>(value: T | null | undefined): value is T {
  return typeof value === 'number' ? Number.isFinite(value) : typeof value === 'string'
}

/** Counts of both sides by value, aligned. */
export interface ValueCounts {
  readonly keys: readonly Value[]
  readonly reference: readonly number[]
  readonly current: readonly number[]
}

/** How often each value of either side occurs on both, values ascending. O(n log n). */
export function valueCounts({ reference, current }: PresentValues<Value>): ValueCounts {
  const before = tally(reference)
  const now = tally(current)
  const keys = [...new Set([...before.keys(), ...now.keys()])].sort(ascending)
  return {
    keys,
    reference: keys.map((key) => before.get(key) ?? 0),
    current: keys.map((key) => now.get(key) ?? 0),
  }
}

function tally(values: readonly Value[]): Map<Value, number> {
  const counts = new Map<Value, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return counts
}

function ascending(a: Value, b: Value): number {
  return a < b ? -1 : a > b ? 1 : 0
}
