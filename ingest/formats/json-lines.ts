import { isTooDeep, maxLevels } from './bounded-json.ts'
import { rejected, skipped, type Decoded, type Message } from './decoder.ts'
import { isText, nativeRecords, parseJson, type RawRecord } from './native.ts'

/** Records of one message; more come as messages of a line each. */
const maxRecords = 100_000

/**
 * Decodes a message that holds one JSON value, an array of them or one a line, a value at a time. Of
 * several values the refused ones stay among the records as they came, so that each is refused by
 * itself and costs no other; one alone is refused with the decoder's own reason.
 */
export function decodeJsonLines(
  { value }: Message,
  decodeOne: (value: unknown) => Decoded,
): Decoded {
  if (value === null) return rejected('not_an_object', 'the message has no value')
  if (!isText(value)) return rejected('invalid_encoding', 'the message is no valid UTF-8')
  const parts = [...nativeRecords(value)]
  const [first] = parts
  if (first === undefined) return skipped('not_inference')
  return parts.length === 1 ? decodePart(first, decodeOne) : decodeAll(parts, decodeOne)
}

function decodeAll(parts: readonly RawRecord[], decodeOne: (value: unknown) => Decoded): Decoded {
  const records: RawRecord[] = []
  for (const part of parts) {
    const decoded = decodePart(part, decodeOne)
    if (decoded.kind === 'records') for (const record of decoded.records) records.push(record)
    else if (decoded.kind !== 'skipped') records.push(part)
    if (records.length > maxRecords) {
      return rejected('event_too_large', `more than ${maxRecords} records in one message`)
    }
  }
  return records.length === 0 ? skipped('not_inference') : { kind: 'records', records }
}

function decodePart(part: RawRecord, decodeOne: (value: unknown) => Decoded): Decoded {
  const value = 'text' in part ? parseJson(part.text) : part.value
  if (value === undefined) return rejected('invalid_json', 'the record is no JSON')
  if (isTooDeep(value)) return rejected('too_deep', `more than ${maxLevels} levels of nesting`)
  return decodeOne(value)
}
