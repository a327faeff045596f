/** A compiled pointer: keys and indexes from a start on. */
export interface Pointer {
  /** Name of the row it starts at; '' for the top of the message. */
  readonly start: string
  readonly steps: readonly string[]
}

/** Compiles a pointer of a mapping: `/a/b` from the top, `row/a` from a row; RFC 6901 otherwise. */
export function parsePointer(text: string): Pointer {
  const [start = '', ...steps] = text.split('/')
  return { start, steps: steps.map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~')) }
}

/** What stands at the end of the steps; undefined where they lead nowhere. Own members only. */
export function valueAt(from: unknown, steps: readonly string[]): unknown {
  let at = from
  for (const step of steps) {
    if (typeof at !== 'object' || at === null || !hasMember(at, step)) return undefined
    at = (at as Record<string, unknown>)[step]
  }
  return at
}

/** Replaces what stands at the end of one step or more; where they lead nowhere, nothing. */
export function replaceAt(from: unknown, steps: readonly string[], value: unknown): void {
  const last = steps.at(-1)
  const holder = valueAt(from, steps.slice(0, -1))
  if (typeof holder !== 'object' || holder === null || last === undefined) return
  if (hasMember(holder, last)) (holder as Record<string, unknown>)[last] = value
}

/** Of a list only its entries: `length` is none. */
const hasMember = (holder: object, step: string): boolean =>
  Object.hasOwn(holder, step) && !(Array.isArray(holder) && step === 'length')
