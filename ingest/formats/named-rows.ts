import type { FeatureRow } from './decoder.ts'

/** A row of any form as features by name: what has no name of its own takes one of `features`. */
export function featureRow(row: unknown, features: readonly string[]): FeatureRow {
  if (isObject(row)) return row
  const values: readonly unknown[] = Array.isArray(row) ? row : [row]
  return Object.fromEntries(values.map((value, i) => [features[i] ?? `x${i}`, value]))
}

/** Texts, or numbers as data frames may have them for names; null where one is neither. */
export function columnNames(names: readonly unknown[]): string[] | null {
  const texts = names.map((name) => (typeof name === 'number' ? String(name) : name))
  return texts.every((name) => typeof name === 'string') ? texts : null
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
