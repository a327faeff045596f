import { isUtf8 } from 'node:buffer'
import protobuf from 'protobufjs'
import { messagesOf, parseProtoSchema, type ProtoFile } from './protobuf-schema.ts'
import { wellKnownValue } from './protobuf-well-known.ts'

const maxDepth = 64
/** Values of one message: an empty one takes two bytes on the wire and a hundred in memory. */
const maxValues = 1_000_000

/**
 * Makes a reader of messages of a `.proto` file: which message (indexes from the file's top down
 * through nested ones) and its bytes → plain values.
 *
 * Names are those of the file. Enums are their names, `bytes` base64, 64-bit numbers beyond 2^53 their
 * digits; well-known types are what they mean (`wellKnownValue`). A field of proto3 that is not there
 * is its default where it is a number, boolean or enum; texts, messages and lists that are not there
 * are left out. Throws an Error where the file is none; the reader throws one where the bytes are none
 * of the message's, and never builds more than they hold.
 *
 * Messages are read field by field and not by the library's generated decoder, which knows no limit.
 */
export function protobufReader(
  text: string,
  imports: readonly ProtoFile[] = [],
): (path: readonly number[], bytes: Buffer) => unknown {
  const { messages } = parseProtoSchema(text, imports)
  const plans = new Plans()
  return (path, bytes) => {
    const type = messageAt(messages, path)
    return new MessageBytes(bytes, plans).message(plans.of(type), bytes.length, 0)
  }
}

function messageAt(top: readonly protobuf.Type[], path: readonly number[]): protobuf.Type {
  const [first = 0, ...rest] = path
  const found = rest.reduce<protobuf.Type | undefined>(
    (type, index) => messagesOf(type ?? null)[index],
    top[first],
  )
  if (found === undefined) throw new RangeError(`the schema has no message ${path.join('.')}`)
  return found
}

/** How the fields of a message are read, by their numbers. */
interface MessagePlan {
  readonly name: string
  readonly fields: ReadonlyMap<number, FieldPlan>
  readonly defaults: readonly (readonly [name: string, value: unknown])[]
}

interface FieldPlan {
  readonly name: string
  /** How a single value is read. Null: a message, `type`. */
  readonly scalar: Scalar | null
  readonly type: protobuf.Type | null
  readonly repeated: boolean
  /** How the keys of a map are read; null for another field. */
  readonly mapKey: Scalar | null
  /** Other fields of the same oneof. */
  readonly rivals: readonly string[]
}

interface Scalar {
  readonly wire: number
  /** What stands for it where it is not there. */
  readonly absent: string | number | boolean
  readonly read: (reader: protobuf.Reader) => unknown
}

class Plans {
  readonly #known = new Map<protobuf.Type, MessagePlan>()

  of(type: protobuf.Type): MessagePlan {
    const known = this.#known.get(type)
    if (known !== undefined) return known
    const fields = type.fieldsArray.map((field) => [field, planOf(field)] as const)
    const plan: MessagePlan = {
      name: type.fullName,
      fields: new Map(fields.map(([{ id }, field]) => [id, field])),
      defaults: fields.flatMap(([field, read]) => {
        const value = defaultOf(field, read)
        return value === undefined ? [] : [[read.name, value] as const]
      }),
    }
    this.#known.set(type, plan)
    return plan
  }
}

function planOf(field: protobuf.Field): FieldPlan {
  const { resolvedType, name, repeated, partOf } = field
  const message = resolvedType instanceof protobuf.Type ? resolvedType : null
  const key = field instanceof protobuf.MapField ? scalars[field.keyType] : undefined
  return {
    name,
    type: message,
    scalar: message === null ? scalarOf(field) : null,
    repeated,
    mapKey: key ?? null,
    rivals: (partOf?.oneof ?? []).filter((rival) => rival !== name),
  }
}

function scalarOf({ resolvedType, type }: protobuf.Field): Scalar {
  if (resolvedType instanceof protobuf.Enum) {
    const { valuesById } = resolvedType
    return {
      wire: 0,
      absent: valuesById[0] ?? 0,
      read: (reader) => {
        const value = reader.int32()
        return Object.hasOwn(valuesById, value) ? valuesById[value] : value
      },
    }
  }
  const scalar = scalars[type]
  if (scalar === undefined) throw new TypeError(`there is no type "${type}"`)
  return scalar
}

/** Of a field that cannot be told from its default; undefined where it is left out all the same. */
function defaultOf(field: protobuf.Field, { scalar }: FieldPlan): unknown {
  if (field.hasPresence || field.repeated || field.map) return undefined
  return scalar === null || scalar.wire === 2 ? undefined : scalar.absent
}

/** A 64-bit number, which the library hands over as an object: its digits where it is no exact double. */
function wide(long: unknown): number | string {
  const digits = String(long)
  return Number.isSafeInteger(Number(digits)) ? Number(digits) : digits
}

function textOf(bytes: Uint8Array): string {
  if (!isUtf8(bytes)) throw new RangeError('a text is no valid UTF-8')
  return Buffer.from(bytes).toString('utf8')
}

const scalars: Readonly<Record<string, Scalar>> = {
  double: { wire: 1, absent: 0, read: (reader) => reader.double() },
  float: { wire: 5, absent: 0, read: (reader) => reader.float() },
  int32: { wire: 0, absent: 0, read: (reader) => reader.int32() },
  uint32: { wire: 0, absent: 0, read: (reader) => reader.uint32() },
  sint32: { wire: 0, absent: 0, read: (reader) => reader.sint32() },
  fixed32: { wire: 5, absent: 0, read: (reader) => reader.fixed32() },
  sfixed32: { wire: 5, absent: 0, read: (reader) => reader.sfixed32() },
  int64: { wire: 0, absent: 0, read: (reader) => wide(reader.int64()) },
  uint64: { wire: 0, absent: 0, read: (reader) => wide(reader.uint64()) },
  sint64: { wire: 0, absent: 0, read: (reader) => wide(reader.sint64()) },
  fixed64: { wire: 1, absent: 0, read: (reader) => wide(reader.fixed64()) },
  sfixed64: { wire: 1, absent: 0, read: (reader) => wide(reader.sfixed64()) },
  bool: { wire: 0, absent: false, read: (reader) => reader.bool() },
  string: { wire: 2, absent: '', read: (reader) => textOf(reader.bytes()) },
  bytes: { wire: 2, absent: '', read: (reader) => Buffer.from(reader.bytes()).toString('base64') },
}

type Values = Map<string, unknown>

class MessageBytes {
  readonly #reader: protobuf.Reader
  readonly #plans: Plans
  #values = 0

  constructor(bytes: Buffer, plans: Plans) {
    this.#reader = protobuf.Reader.create(bytes)
    this.#plans = plans
  }

  message(plan: MessagePlan, end: number, depth: number): unknown {
    if (depth > maxDepth) throw new RangeError(`messages nest deeper than ${maxDepth} levels`)
    const values: Values = new Map(plan.defaults)
    while (this.#reader.pos < end) {
      const tag = this.#reader.uint32()
      const field = plan.fields.get(tag >>> 3)
      const known = field !== undefined && this.#field(field, tag & 7, { values, depth })
      if (!known) this.#reader.skipType(tag & 7, 0, tag >>> 3)
    }
    if (this.#reader.pos !== end) throw new RangeError('a field is longer than its message')
    return wellKnownValue(plan.name, Object.fromEntries(values))
  }

  /** False, with nothing read, where the field is not on the wire what the schema says. */
  #field(
    field: FieldPlan,
    wire: number,
    { values, depth }: { values: Values; depth: number },
  ): boolean {
    const { name, scalar, repeated, mapKey } = field
    if (mapKey !== null) {
      if (wire !== 2) return false
      this.#entry(field, mapKey, { values, depth })
      return true
    }
    if (repeated && scalar !== null && scalar.wire !== 2 && wire === 2) {
      this.#packed(listIn(values, name), scalar)
      return true
    }
    if (wire !== (scalar?.wire ?? 2)) return false
    const value = this.#value(field, depth)
    for (const rival of field.rivals) values.delete(rival)
    if (repeated) listIn(values, name).push(value)
    else values.set(name, value)
    return true
  }

  #value({ scalar, type }: FieldPlan, depth: number): unknown {
    if (++this.#values > maxValues) throw new RangeError(`more than ${maxValues} values`)
    if (scalar !== null) return scalar.read(this.#reader)
    const end = this.#end()
    return type === null ? null : this.message(this.#plans.of(type), end, depth + 1)
  }

  #packed(list: unknown[], scalar: Scalar): void {
    const end = this.#end()
    while (this.#reader.pos < end) {
      if (++this.#values > maxValues) throw new RangeError(`more than ${maxValues} values`)
      list.push(scalar.read(this.#reader))
    }
  }

  /** A map is a list of messages of a key, 1, and a value, 2. */
  #entry(
    field: FieldPlan,
    mapKey: Scalar,
    { values, depth }: { values: Values; depth: number },
  ): void {
    const end = this.#end()
    let key: unknown = mapKey.absent
    let value: unknown = field.scalar?.absent ?? null
    while (this.#reader.pos < end) {
      const tag = this.#reader.uint32()
      if (tag >>> 3 === 1 && (tag & 7) === mapKey.wire) key = mapKey.read(this.#reader)
      else if (tag >>> 3 === 2 && (tag & 7) === (field.scalar?.wire ?? 2)) {
        value = this.#value(field, depth)
      } else this.#reader.skipType(tag & 7, 0, tag >>> 3)
    }
    const map = (values.get(field.name) ?? {}) as Record<string, unknown>
    // Not by assignment: a key may be called __proto__.
    Object.defineProperty(map, String(key), {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    })
    values.set(field.name, map)
  }

  #end(): number {
    const size = this.#reader.uint32()
    const end = this.#reader.pos + size
    if (end > this.#reader.len) throw new RangeError(`${size} bytes are declared, fewer are there`)
    return end
  }
}

function listIn(values: Values, name: string): unknown[] {
  const list = values.get(name)
  if (Array.isArray(list)) return list as unknown[]
  const fresh: unknown[] = []
  values.set(name, fresh)
  return fresh
}
