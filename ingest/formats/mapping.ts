import { boundedJson } from './bounded-json.ts'
import { createLocalTimeReader } from './local-time.ts'
import { rejected, skipped, type Decoded } from './decoder.ts'
import { parsePointer, replaceAt, valueAt, type Pointer } from './json-pointer.ts'
import {
  Budget,
  mappedFields,
  type MappedFields,
  type Mapping,
  type Scope,
} from './mapped-fields.ts'
import type { RawRecord } from './native.ts'
import type { DecodingOptions } from './options.ts'

const maxRows = 100_000

/**
 * A mapping, compiled: any value → native events and labels. What a pointer does not find is missing.
 * A row that has none of what is mapped makes nothing; a message of such rows is refused, because the
 * mapping does not fit it. Never throws; texts that `parse` names are replaced inside the value.
 */
export function createMapping(
  mapping: Mapping,
  options: DecodingOptions,
): (value: unknown) => Decoded {
  const isWanted = condition(mapping.when)
  const parsed = (mapping.parse ?? []).map(parsePointer)
  const lists = Object.entries(mapping.rows ?? {}).map(
    ([name, text]) => [name, parsePointer(text).steps] as const,
  )
  const fields = mappedFields(mapping, options, createLocalTimeReader(options.timeZone))
  return (value) => {
    const scope: Scope = { top: value, row: {}, index: null, budget: new Budget() }
    const top = withTextsParsed(
      scope,
      parsed.filter(({ start }) => start === ''),
    )
    if (!isWanted(top.top)) return skipped('not_inference')
    const rows = lists.length === 0 ? [top] : rowsOf(top, lists)
    if (typeof rows === 'string') return rejected('invalid_row', rows)
    if (rows.length === 0) return skipped('not_inference')
    const inRows = parsed.filter(({ start }) => start !== '')
    return recordsOf(
      rows.map((row) => withTextsParsed(row, inRows)),
      fields,
    )
  }
}

function condition(when: Mapping['when']): (top: unknown) => boolean {
  if (when === undefined) return () => true
  const { steps } = parsePointer(when.pointer)
  const { equals } = when
  const allowed = new Set<unknown>(Array.isArray(equals) ? equals : [equals])
  return (top) => allowed.has(valueAt(top, steps))
}

function withTextsParsed(scope: Scope, texts: readonly Pointer[]): Scope {
  return texts.reduce((at, { start, steps }) => {
    const from = start === '' ? at.top : at.row[start]
    const text = valueAt(from, steps)
    const value = typeof text === 'string' ? boundedJson(text) : undefined
    if (value === undefined) return at
    if (steps.length > 0) replaceAt(from, steps, value)
    else if (start === '') return { ...at, top: value }
    else return { ...at, row: { ...at.row, [start]: value } }
    return at
  }, scope)
}

function rowsOf(
  { top, budget }: Scope,
  lists: readonly (readonly [name: string, steps: readonly string[]])[],
): Scope[] | string {
  const found: (readonly [string, readonly unknown[]])[] = []
  for (const [name, steps] of lists) {
    const list = valueAt(top, steps)
    if (!Array.isArray(list)) return `there is no list for the rows "${name}"`
    found.push([name, list as unknown[]])
  }
  const length = found[0]?.[1].length ?? 0
  const other = found.find(([, list]) => list.length !== length)
  if (other !== undefined) {
    return `rows "${other[0]}" are ${other[1].length}, rows "${found[0]?.[0] ?? ''}" are ${length}`
  }
  if (length > maxRows) return `${length} rows, at most ${maxRows} are allowed`
  return Array.from({ length }, (_, index) => ({
    top,
    row: Object.fromEntries(found.map(([name, list]) => [name, list[index]])),
    index: length === 1 ? null : index,
    budget,
  }))
}

function recordsOf(rows: readonly Scope[], fields: MappedFields): Decoded {
  const records: RawRecord[] = []
  for (const row of rows) {
    for (const value of [fields.event(row), fields.label(row)]) {
      if (value !== null) records.push({ value })
    }
    if (row.budget.isSpent) return rejected('event_too_large', 'more than a million values')
  }
  return records.length === 0
    ? rejected('invalid_row', 'nothing of the mapping is in the message')
    : { kind: 'records', records }
}
