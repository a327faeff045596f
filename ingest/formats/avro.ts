import { isUtf8 } from 'node:buffer'
import { parseAvroSchema, type AvroPrimitive, type AvroType, type Logical } from './avro-schema.ts'
import { logicalBytes, logicalNumber } from './avro-logical.ts'

const maxDepth = 64
/** Values of one message: a null takes no bytes at all. */
const maxValues = 1_000_000

/**
 * Makes a reader of binary Avro: bytes → plain values. Unions are the value of their branch, enums
 * their symbol, `bytes` and `fixed` base64, a `long` beyond 2^53 its digits; logical types as in
 * `logicalNumber` and `logicalBytes`. Throws an Error where the schema is none; the reader throws one
 * where the bytes are not the schema's, and never reads or builds more than they hold.
 */
export function avroReader(
  schema: string,
  references: readonly string[] = [],
): (bytes: Buffer) => unknown {
  const type = parseAvroSchema(schema, references)
  return (bytes) => {
    const reader = new AvroBytes(bytes)
    const value = reader.read(type, 0)
    if (reader.left !== 0) throw new RangeError(`${reader.left} bytes are left over`)
    return value
  }
}

class AvroBytes {
  readonly #bytes: Buffer
  #at = 0
  #values = 0

  readonly #primitives: Readonly<Record<AvroPrimitive, (logical: Logical | null) => unknown>> = {
    null: () => null,
    boolean: () => this.#boolean(),
    int: (logical) => logicalNumber(this.#long(), logical),
    long: (logical) => logicalNumber(this.#long(), logical),
    float: () => this.#take(4).readFloatLE(),
    double: () => this.#take(8).readDoubleLE(),
    bytes: (logical) => logicalBytes(this.#take(this.#count()), logical),
    string: () => this.#text(),
  }

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get left(): number {
    return this.#bytes.length - this.#at
  }

  read(type: AvroType, depth: number): unknown {
    if (depth > maxDepth) throw new RangeError(`values nest deeper than ${maxDepth} levels`)
    if (++this.#values > maxValues) throw new RangeError(`more than ${maxValues} values`)
    switch (type.kind) {
      case 'record':
        return Object.fromEntries(
          type.fields.map((field) => [field.name, this.read(field.type, depth + 1)]),
        )
      case 'union':
        return this.read(chosen(type.branches, this.#count(), 'branch'), depth + 1)
      case 'enum':
        return chosen(type.symbols, this.#count(), 'symbol')
      case 'array':
        return this.#items(() => this.read(type.items, depth + 1))
      case 'map':
        return Object.fromEntries(
          this.#items(() => [this.#text(), this.read(type.values, depth + 1)] as const),
        )
      case 'fixed':
        return logicalBytes(this.#take(type.size), type.logical)
      case 'primitive':
        return this.#primitives[type.name](type.logical)
    }
  }

  #boolean(): boolean {
    const byte = this.#take(1)[0]
    if (byte !== 0 && byte !== 1) throw new RangeError('a boolean is neither 0 nor 1')
    return byte === 1
  }

  /** Blocks of items up to an empty one. What a block declares is believed item by item only. */
  #items<Item>(item: () => Item): Item[] {
    const items: Item[] = []
    for (;;) {
      const declared = this.#number()
      if (declared === 0) return items
      // A negative count is followed by the size of the block, for those who want to skip it.
      if (declared < 0) this.#number()
      for (let i = 0; i < Math.abs(declared); i++) items.push(item())
    }
  }

  #text(): string {
    const bytes = this.#take(this.#count())
    if (!isUtf8(bytes)) throw new RangeError('a text is no valid UTF-8')
    return bytes.toString('utf8')
  }

  #take(size: number): Buffer {
    if (size > this.left) throw new RangeError(`${size} bytes are declared, ${this.left} are there`)
    this.#at += size
    return this.#bytes.subarray(this.#at - size, this.#at)
  }

  /** A length or an index. */
  #count(): number {
    const count = this.#number()
    if (count < 0) throw new RangeError(`a length is ${count}`)
    return count
  }

  #number(): number {
    const long = this.#long()
    if (typeof long === 'number') return long
    throw new RangeError(`a length is ${long}`)
  }

  /** Zigzag, seven bits a byte. Up to seven bytes make an exact double; longer ones are rare. */
  #long(): number | bigint {
    let value = 0
    for (let shift = 0; shift < 49; shift += 7) {
      const byte = this.#take(1)[0] ?? 0
      value += (byte & 127) * 2 ** shift
      if (byte < 128) return value % 2 === 0 ? value / 2 : -(value + 1) / 2
    }
    return this.#wideLong(BigInt(value))
  }

  #wideLong(low: bigint): number | bigint {
    let value = low
    for (let shift = 49n; shift < 70n; shift += 7n) {
      const byte = this.#take(1)[0] ?? 0
      value |= BigInt(byte & 127) << shift
      if (byte < 128) {
        const zigzag = BigInt.asUintN(64, value)
        const long = (zigzag >> 1n) ^ -(zigzag & 1n)
        const number = Number(long)
        return Number.isSafeInteger(number) ? number : long
      }
    }
    throw new RangeError('a whole number has more than ten bytes')
  }
}

function chosen<Choice>(choices: readonly Choice[], index: number, what: string): Choice {
  const choice = choices[index]
  if (choice === undefined) throw new RangeError(`there is no ${what} ${index}`)
  return choice
}
