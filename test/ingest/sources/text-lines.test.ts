import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { textLines, type TextLine } from '../../../ingest/sources/text-lines.ts'
import { writeFile } from './load-fixture.ts'

async function readAll(path: string, maxLineBytes = 65_536): Promise<TextLine[]> {
  const lines: TextLine[] = []
  for await (const chunk of textLines(path, maxLineBytes)) lines.push(...chunk.lines)
  return lines
}

test('lines over the borders of chunks are whole, multi-byte characters too', async () => {
  // Three bytes a character: borders of chunks fall inside characters and lines.
  const texts = Array.from({ length: 3000 }, (_, i) => `${i} ${'€'.repeat(i % 200)}`)
  const content = texts.join('\n')
  for (const path of [
    writeFile('euros.ndjson', content),
    writeFile('euros.ndjson.gz', gzipSync(content)),
  ]) {
    const lines = await readAll(path)
    expect(lines.map(({ text }) => text)).toEqual(texts)
    expect(lines.every(({ problem }) => problem === null)).toBe(true)
  }
})

test('a file without line breaks is one line, of which no more is held than a line may have', async () => {
  const [line, ...more] = await readAll(writeFile('endless.ndjson', 'x'.repeat(3_000_000)), 1000)
  expect(more).toEqual([])
  expect(line?.text).toHaveLength(1000)
  expect(line?.problem).toMatchObject({
    reason: 'event_too_large',
    detail: 'the line has 3000000 bytes, at most 1000 are allowed',
  })
})

test('a byte order mark is no part of the first line, and a last line feed makes no line', async () => {
  const lines = await readAll(writeFile('bom.ndjson', '\uFEFFa\nb\n'))
  expect(lines.map(({ text }) => text)).toEqual(['a', 'b'])
})
