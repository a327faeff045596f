import { isAscii, isUtf8 } from 'node:buffer'
import { rejected, type Decoder } from './decoder.ts'

/**
 * One record: its text as sent, or the value itself where it came inside something else. `bytes` of
 * UTF-8, or its share of the message it came in, where that is known.
 */
export type RawRecord = { readonly bytes?: number } & (
  { readonly text: string } | { readonly value: unknown }
)

/**
 * Splits a body of native JSON into its records: NDJSON, one array, or one object over any number
 * of lines. Never throws: what is no JSON comes back as its text and is rejected one record at a
 * time, so that a bad line costs only itself.
 */
export function* nativeRecords(body: Buffer): Generator<RawRecord> {
  // Characters of ASCII are bytes, and need no decoding.
  const ascii = isAscii(body)
  const text = body.toString(ascii ? 'latin1' : 'utf8')
  const start = firstNonSpace(text)
  if (start < 0) return
  if (text.charCodeAt(start) === openBracket) {
    const array = parseJson(text)
    if (Array.isArray(array)) {
      for (const value of array as unknown[]) yield { value }
      return
    }
  } else if (isOneObject(text, start)) {
    yield { text }
    return
  }
  yield* lines(text, ascii)
}

/** The lines of a body as they came, empty ones left out. */
export function* linesOf(body: Buffer): Generator<Buffer> {
  for (let from = 0; from < body.length;) {
    const found = body.indexOf(10, from)
    const end = found < 0 ? body.length : found
    const line = body.subarray(from, body[end - 1] === 13 ? end - 1 : end)
    if (line.length > 0) yield line
    from = end + 1
  }
}

/** Invalid UTF-8 would be stored as replacement characters nobody sent. */
export const isText = (body: Buffer): boolean => isUtf8(body)

const openBracket = 91
const failed = Symbol('no JSON')

/**
 * JSON.parse that also takes bare NaN and ±Infinity, which Python's json.dumps writes: NaN becomes
 * null (missing), an infinity a number that is not finite (invalid). Answers `undefined` for no JSON.
 */
export function parseJson(text: string): unknown {
  const strict = tryParse(text)
  if (strict !== failed) return strict
  if (!/NaN|Infinity/.test(text)) return undefined
  const lenient = tryParse(
    text.replace(/"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/g, (token) => {
      if (token === 'NaN') return 'null'
      return token.startsWith('"') ? token : token.startsWith('-') ? '-1e999' : '1e999'
    }),
  )
  return lenient === failed ? undefined : lenient
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return failed
  }
}

/** A pretty-printed object: its first line alone is no JSON, the whole is. */
function isOneObject(text: string, start: number): boolean {
  const newline = text.indexOf('\n', start)
  if (newline < 0) return true
  return parseJson(text.slice(start, newline)) === undefined && parseJson(text) !== undefined
}

function* lines(text: string, ascii: boolean): Generator<RawRecord> {
  let from = 0
  while (from < text.length) {
    const newline = text.indexOf('\n', from)
    const end = newline < 0 ? text.length : newline
    const line = text.slice(from, end)
    if (firstNonSpace(line) >= 0) yield ascii ? { text: line, bytes: line.length } : { text: line }
    from = end + 1
  }
}

function firstNonSpace(text: string): number {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code !== 32 && code !== 10 && code !== 13 && code !== 9 && code !== 0xfeff) return i
  }
  return -1
}

/** Native events and labels: a record, an array of them, or one a line. */
export const nativeDecoder: Decoder = {
  decode: ({ value }) =>
    value !== null && isText(value)
      ? { kind: 'records', records: [...nativeRecords(value)] }
      : rejected('invalid_encoding', 'the message is no valid UTF-8'),
}
