import type { Decoded, Half } from '../../ingest/formats/decoder.ts'

/** The half that a message is, of the side that it must be. */
export function halfOf<Side extends Half['side']>(
  decoded: Decoded,
  side: Side,
): Extract<Half, { side: Side }> {
  if (decoded.kind !== 'half' || decoded.half.side !== side) {
    throw new Error(`expected a ${side}, found ${JSON.stringify(decoded)}`)
  }
  return decoded.half as Extract<Half, { side: Side }>
}

/** The events and labels that a message holds. */
export function valuesOf(decoded: Decoded): unknown[] {
  if (decoded.kind !== 'records') {
    throw new Error(`expected records, found ${JSON.stringify(decoded)}`)
  }
  return decoded.records.map((record) => ('value' in record ? record.value : record.text))
}
