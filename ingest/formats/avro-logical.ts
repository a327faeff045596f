import type { Logical } from './avro-schema.ts'

const latestMs = 8.64e15

/**
 * What an `int` or `long` of a logical type is as a plain value:
 *
 * | logical type                          | value                                          |
 * | ------------------------------------- | ---------------------------------------------- |
 * | `timestamp-millis`, `-micros`, `-nanos` | epoch milliseconds                            |
 * | `local-timestamp-…`                   | ISO 8601 without a zone                        |
 * | `date`                                | `2026-11-20`                                   |
 * | `time-millis`, `time-micros`          | milliseconds since midnight                    |
 * | none or another                       | the number, its digits where it is beyond 2^53 |
 */
export function logicalNumber(value: number | bigint, logical: Logical | null): number | string {
  const meaning = numberMeanings.get(logical?.name ?? '')
  return meaning === undefined ? plain(value) : meaning(value)
}

const numberMeanings: ReadonlyMap<string, (value: number | bigint) => number | string> = new Map([
  ['timestamp-micros', (value) => scaled(value, 1000)],
  ['timestamp-nanos', (value) => scaled(value, 1_000_000)],
  ['time-micros', (value) => scaled(value, 1000)],
  ['local-timestamp-millis', (value) => localTime(Number(value))],
  ['local-timestamp-micros', (value) => localTime(scaled(value, 1000))],
  ['local-timestamp-nanos', (value) => localTime(scaled(value, 1_000_000))],
  ['date', (value) => localTime(Number(value) * 86_400_000, 10)],
])

/** `decimal` is a number, `uuid` its text; other bytes are base64. */
export function logicalBytes(bytes: Buffer, logical: Logical | null): number | string {
  if (logical?.name === 'decimal') return decimal(bytes, logical.scale)
  if (logical?.name === 'uuid' && bytes.length === 16) {
    return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
  }
  return bytes.toString('base64')
}

/**
 * A number from its unscaled digits in two's complement, the first byte the highest. The nearest double
 * to what the digits say, up to 32 bytes of them.
 */
export function decimal(bytes: Buffer, scale: number): number {
  if (bytes.length === 0) return 0
  const unsigned = BigInt(`0x${bytes.toString('hex')}`)
  const unscaled = BigInt.asIntN(bytes.length * 8, unsigned)
  // The digits of a long number in decimal take time that grows with the square of its length.
  return bytes.length > 32 ? Number(unscaled) / 10 ** scale : Number(`${unscaled}e-${scale}`)
}

const plain = (value: number | bigint): number | string =>
  typeof value === 'bigint' ? String(value) : value

const scaled = (value: number | bigint, by: number): number =>
  typeof value === 'bigint' ? Number(value / BigInt(by)) : Math.floor(value / by)

function localTime(ms: number, characters = 23): number | string {
  return Math.abs(ms) <= latestMs ? new Date(ms).toISOString().slice(0, characters) : ms
}
