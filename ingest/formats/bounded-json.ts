import { parseJson, type RawRecord } from './native.ts'

/** Levels of nesting; no inference has as many. */
export const maxLevels = 32

/**
 * Whether a parsed value nests deeper than anything that may become an event: parsing takes any depth,
 * but writing such a value out again would end the process.
 */
export function isTooDeep(value: unknown, levels = maxLevels): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (levels === 0) return true
  for (const inner of Array.isArray(value) ? (value as unknown[]) : Object.values(value)) {
    if (isTooDeep(inner, levels - 1)) return true
  }
  return false
}

/** The value of JSON text; `undefined` for no JSON, and for what nests too deep. */
export function boundedJson(text: string): unknown {
  const value = parseJson(text)
  return isTooDeep(value) ? undefined : value
}

/** A record as JSON; null for what nests too deep to be written out. */
export function recordText(record: RawRecord): string | null {
  if ('text' in record) return record.text
  return isTooDeep(record.value) ? null : JSON.stringify(record.value)
}
