/** A schema of Avro, read: what its values look like in bytes. */
export type AvroType =
  | {
      readonly kind: 'primitive'
      readonly name: AvroPrimitive
      readonly logical: Logical | null
    }
  | { readonly kind: 'record'; readonly fields: readonly AvroField[] }
  | { readonly kind: 'enum'; readonly symbols: readonly string[] }
  | { readonly kind: 'array'; readonly items: AvroType }
  | { readonly kind: 'map'; readonly values: AvroType }
  | { readonly kind: 'union'; readonly branches: readonly AvroType[] }
  | { readonly kind: 'fixed'; readonly size: number; readonly logical: Logical | null }

export interface AvroField {
  readonly name: string
  readonly type: AvroType
}

/** What a value means beside its bytes; `scale` is of decimals. */
export interface Logical {
  readonly name: string
  readonly scale: number
}

const primitives = ['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string'] as const
export type AvroPrimitive = (typeof primitives)[number]

type JsonObject = Readonly<Record<string, unknown>>

/** Nesting of a schema, and records in it that are read: more than any that people write. */
const maxDepth = 100

/**
 * Reads a schema and the ones it refers to by name, which come before those that refer to them.
 * Throws an Error that says what is wrong with them.
 *
 * The types are those of the Avro 1.12 specification, kept as data: a library's own decoder trusts the
 * length that an array declares, and one of a billion nulls in nine bytes holds up the process.
 */
export function parseAvroSchema(text: string, references: readonly string[] = []): AvroType {
  const named = new Map<string, AvroType>()
  for (const reference of references) parseText(reference, named)
  return parseText(text, named)
}

function parseText(text: string, named: Map<string, AvroType>): AvroType {
  return new SchemaText(named).type(jsonOf(text), '', 0)
}

/** A registry may answer a primitive's name without the quotes that would make it JSON. */
function jsonOf(text: string): unknown {
  if (isPrimitive(text.trim())) return text.trim()
  return JSON.parse(text) as unknown
}

class SchemaText {
  readonly #named: Map<string, AvroType>

  constructor(named: Map<string, AvroType>) {
    this.#named = named
  }

  type(schema: unknown, space: string, depth: number): AvroType {
    if (depth > maxDepth) throw new RangeError(`the schema nests deeper than ${maxDepth} levels`)
    if (typeof schema === 'string') return this.#byName(schema, space)
    if (Array.isArray(schema)) {
      return {
        kind: 'union',
        branches: schema.map((branch) => this.type(branch, space, depth + 1)),
      }
    }
    if (!isObject(schema)) throw new TypeError('a type is a name, a list or an object')
    const { type } = schema
    if (typeof type !== 'string') return this.type(type, space, depth + 1)
    if (isPrimitive(type)) return { kind: 'primitive', name: type, logical: logicalOf(schema) }
    return this.#complex(schema, { type, space, depth: depth + 1 })
  }

  #byName(name: string, space: string): AvroType {
    if (isPrimitive(name)) return { kind: 'primitive', name, logical: null }
    const found = this.#named.get(fullName(name, space)) ?? this.#named.get(name)
    if (found === undefined) throw new TypeError(`there is no type "${name.slice(0, 100)}"`)
    return found
  }

  #complex(
    schema: JsonObject,
    { type, space, depth }: { type: string; space: string; depth: number },
  ): AvroType {
    switch (type) {
      case 'array':
        return { kind: 'array', items: this.type(schema['items'], space, depth) }
      case 'map':
        return { kind: 'map', values: this.type(schema['values'], space, depth) }
      case 'enum':
        return this.#define(schema, space, {
          kind: 'enum',
          symbols: textsOf(schema['symbols'], 'symbols'),
        })
      case 'fixed':
        return this.#define(schema, space, {
          kind: 'fixed',
          size: sizeOf(schema['size']),
          logical: logicalOf(schema),
        })
      case 'record':
      case 'error':
        return this.#record(schema, space, depth)
      default:
        return this.#byName(type, space)
    }
  }

  /** The record is known by its name before its fields are read: they may be of its own type. */
  #record(schema: JsonObject, space: string, depth: number): AvroType {
    const fields: AvroField[] = []
    const record = this.#define(schema, space, { kind: 'record', fields })
    const inner = namespaceOf(schema, space)
    const { fields: given } = schema
    if (!Array.isArray(given)) throw new TypeError('a record has a list of fields')
    for (const field of given as unknown[]) {
      const name = isObject(field) ? field['name'] : undefined
      if (!isObject(field) || typeof name !== 'string') throw new TypeError('a field has a name')
      fields.push({ name, type: this.type(field['type'], inner, depth) })
    }
    return record
  }

  #define(schema: JsonObject, space: string, type: AvroType): AvroType {
    const { name } = schema
    if (typeof name !== 'string') throw new TypeError(`a type ${type.kind} has a name`)
    this.#named.set(fullName(name, namespaceOf(schema, space)), type)
    return type
  }
}

const fullName = (name: string, space: string): string =>
  name.includes('.') || space === '' ? name : `${space}.${name}`

/** A dotted name brings its namespace with it. */
function namespaceOf({ name, namespace }: JsonObject, enclosing: string): string {
  if (typeof name === 'string' && name.includes('.')) return name.slice(0, name.lastIndexOf('.'))
  return typeof namespace === 'string' ? namespace : enclosing
}

function logicalOf({ logicalType, scale }: JsonObject): Logical | null {
  if (typeof logicalType !== 'string') return null
  const places = typeof scale === 'number' && Number.isInteger(scale) ? scale : 0
  return places < 0 || places > 300 ? null : { name: logicalType, scale: places }
}

function textsOf(value: unknown, what: string): string[] {
  if (!Array.isArray(value) || !value.every((entry) => typeof entry === 'string')) {
    throw new TypeError(`${what} are a list of texts`)
  }
  return value
}

function sizeOf(value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw new TypeError('the size of a fixed type is a whole number')
}

const isPrimitive = (name: string): name is AvroPrimitive =>
  (primitives as readonly string[]).includes(name)

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
