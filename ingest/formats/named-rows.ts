import type { FeatureRow } from './decoder.ts'

/** A row of any form as features by name: what has no name of its own takes one of `features`. */
export function featureRow(row: unknown, features: readonly string[]): FeatureRow {
  if (isObject(row)) return row
  const values: readonly unknown[] = Array.isArray(row) ? row : [row]
  return Object.fromEntries(values.map((value, i) => [features[i] ?? `x${i}`, value]))
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
