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
  const start = firstNonSpace(body)
  if (start < 0) return
  // Characters of ASCII are bytes, and need no decoding.
  const encoding = isAscii(body) ? 'latin1' : 'utf8'
  if (body[start] === openBracket) {
    const array = parseJson(body.toString(encoding))
    if (Array.isArray(array)) {
      for (const value of array as unknown[]) yield { value }
      return
    }
  } else if (isOneObject(body, start, encoding)) {
    yield { text: body.toString(encoding) }
    return
  }
  for (const block of blocks(body)) yield* lines(block.toString(encoding), encoding === 'latin1')
}

/** The lines of a body as they came, empty ones left out. */
export function* linesOf(body: Buffer): Generator<Buffer> {
  for (let from = 0; from < body.length;) {
    const found = body.indexOf(lineFeed, from)
    const end = found < 0 ? body.length : found
    const line = body.subarray(from, body[end - 1] === 13 ? end - 1 : end)
    if (line.length > 0) yield line
    from = end + 1
  }
}

/** Invalid UTF-8 would be stored as replacement characters nobody sent. */
export const isText = (body: Buffer): boolean => isUtf8(body)

const openBracket = 91
const lineFeed = 10
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
function isOneObject(body: Buffer, start: number, encoding: 'latin1' | 'utf8'): boolean {
  const newline = body.indexOf(lineFeed, start)
  if (newline < 0) return true
  return (
    parseJson(body.toString(encoding, start, newline)) === undefined &&
    parseJson(body.toString(encoding)) !== undefined
  )
}

/** Text of this size is young garbage to V8; a long one it maps and unmaps as an object of its own. */
const blockBytes = 65_536

/** Parts of a body that end where a line does. */
function* blocks(body: Buffer): Generator<Buffer> {
  for (let from = 0; from < body.length;) {
    const last = body.lastIndexOf(lineFeed, from + blockBytes - 1)
    const end = last >= from ? last : body.indexOf(lineFeed, from + blockBytes)
    const to = end < 0 || from + blockBytes >= body.length ? body.length : end + 1
    yield body.subarray(from, to)
    from = to
  }
}

function* lines(text: string, ascii: boolean): Generator<RawRecord> {
  let from = 0
  while (from < text.length) {
    const newline = text.indexOf('\n', from)
    const end = newline < 0 ? text.length : newline
    const line = text.slice(from, end)
    if (!isBlank(line)) yield ascii ? { text: line, bytes: line.length } : { text: line }
    from = end + 1
  }
}

const spaces: readonly number[] = [32, 10, 13, 9]
const byteOrderMark = 0xfeff

function isBlank(line: string): boolean {
  for (let i = 0; i < line.length; i++) {
    const code = line.charCodeAt(i)
    if (!spaces.includes(code) && code !== byteOrderMark) return false
  }
  return true
}

/** Where the text of a body begins, behind spaces and byte order marks; -1 where there is none. */
function firstNonSpace(body: Buffer): number {
  for (let i = 0; i < body.length; i++) {
    if (body[i] === 0xef && body[i + 1] === 0xbb && body[i + 2] === 0xbf) i += 2
    else if (!spaces.includes(body[i] ?? 0)) return i
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
