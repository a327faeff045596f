import { isUtf8 } from 'node:buffer'
import { createReadStream } from 'node:fs'
import { createGunzip } from 'node:zlib'
import { unreadable } from './file-identity.ts'
import type { FileRecord } from './file-records.ts'

/** A line without its line feed, or what is left of one that is none. */
export type TextLine = Pick<FileRecord, 'text' | 'problem'>

export interface LineChunk {
  readonly lines: readonly TextLine[]
  /** Bytes read from the file so far: of a gzip file, the packed ones. */
  readonly bytes: number
}

const chunkBytes = 256 * 1024

/**
 * The lines of a UTF-8 text file, unpacked if its name ends in `.gz`. Holds one chunk and one
 * unfinished line of at most `maxLineBytes`; a longer line, or one that is no UTF-8, is handed on as a
 * problem of its own. Throws FILE_INVALID where the file cannot be read on.
 */
export async function* textLines(path: string, maxLineBytes: number): AsyncGenerator<LineChunk> {
  const file = createReadStream(path, { highWaterMark: chunkBytes })
  const source = path.endsWith('.gz') ? file.pipe(createGunzip({ chunkSize: chunkBytes })) : file
  // A pipe does not hand errors on.
  if (source !== file) file.once('error', (error) => source.destroy(error))
  const splitter = new LineSplitter(maxLineBytes)
  try {
    for await (const chunk of source) {
      yield { lines: splitter.push(chunk as Buffer), bytes: file.bytesRead }
    }
    yield { lines: splitter.end(), bytes: file.bytesRead }
  } catch (cause) {
    throw unreadable(path, cause)
  } finally {
    source.destroy()
    file.destroy()
  }
}

const lineFeed = 10
const byteOrderMark = /^\uFEFF/

class LineSplitter {
  readonly #maxBytes: number
  #held: Buffer[] = []
  #heldBytes = 0
  #droppedBytes = 0
  #atStart = true

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  push(chunk: Buffer): TextLine[] {
    const first = chunk.indexOf(lineFeed)
    if (first < 0) {
      this.#hold(chunk)
      return []
    }
    this.#hold(chunk.subarray(0, first))
    const lines = [this.#finish()]
    const last = chunk.lastIndexOf(lineFeed)
    if (last > first) splitInto(lines, chunk.subarray(first + 1, last))
    this.#hold(chunk.subarray(last + 1))
    return lines
  }

  end(): TextLine[] {
    return this.#heldBytes === 0 ? [] : [this.#finish()]
  }

  #hold(part: Buffer): void {
    const kept = part.subarray(0, this.#maxBytes - this.#heldBytes)
    if (kept.length > 0) this.#held.push(kept)
    this.#heldBytes += kept.length
    this.#droppedBytes += part.length - kept.length
  }

  #finish(): TextLine {
    const bytes = this.#heldBytes + this.#droppedBytes
    let line = toLine(Buffer.concat(this.#held))
    if (this.#atStart) line = { ...line, text: line.text.replace(byteOrderMark, '') }
    if (this.#droppedBytes > 0) {
      const detail = `the line has ${bytes} bytes, at most ${this.#maxBytes} are allowed`
      line = { ...line, problem: { reason: 'event_too_large', detail } }
    }
    this.#held = []
    this.#heldBytes = 0
    this.#droppedBytes = 0
    this.#atStart = false
    return line
  }
}

/** Text of whole lines is checked and decoded at once; only where that fails, line by line. */
function splitInto(lines: TextLine[], block: Buffer): void {
  if (isUtf8(block)) {
    for (const text of block.toString('utf8').split('\n')) lines.push({ text, problem: null })
    return
  }
  for (let from = 0; from <= block.length;) {
    const found = block.indexOf(lineFeed, from)
    const end = found < 0 ? block.length : found
    lines.push(toLine(block.subarray(from, end)))
    from = end + 1
  }
}

/** Invalid UTF-8 would be stored as replacement characters nobody sent. */
function toLine(bytes: Buffer): TextLine {
  const text = bytes.toString('utf8')
  if (isUtf8(bytes)) return { text, problem: null }
  return { text, problem: { reason: 'invalid_encoding', detail: 'the line is no valid UTF-8' } }
}
