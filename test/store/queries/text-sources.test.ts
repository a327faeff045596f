import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ModelSpec } from '../../../core/model-spec.ts'
import type { FeatureReference } from '../../../store/feature-references.ts'
import { eventsRelation, sourcesOf } from '../../../store/queries/profile-source.ts'
import { withDerived } from '../../../store/queries/source.ts'
import { vocabularyWords } from '../../../store/queries/text-vocabulary.ts'
import { withStore, type TestStore } from '../../support/store.ts'
import { createModel, insertEvents } from './profile-fixture.ts'

const start = Date.parse('2026-03-01T10:00:00Z')
const range = { from: start, to: start + 60_000 }

let opened: TestStore
beforeAll(async () => {
  opened = await withStore('embedded')
})
afterAll(async () => opened.close())

async function modelOf(name: string, texts: readonly (string | null)[]): Promise<ModelSpec> {
  const file = { model: name, kind: 'features', features: { comment: 'text' } } as const
  const spec = await createModel(opened.store, file)
  const events = texts.map((comment, i) => ({
    id: `e-${String(i).padStart(3, '0')}`,
    ts: start,
    features: { comment },
  }))
  await insertEvents(opened.store, spec, events)
  return spec
}

/** What is computed of each text, in their order, by the name of the number. */
async function measured(
  name: string,
  texts: readonly (string | null)[],
  words: readonly string[] = [],
): Promise<Record<string, number | null>[]> {
  const spec = await modelOf(name, texts)
  const references = new Map<string, FeatureReference>([['comment', { kind: 'vocabulary', words }]])
  const sources = sourcesOf(spec, references)
  const relation = withDerived(eventsRelation(spec, [range]), sources)
  const columns = sources.map(({ expression }) => expression).join(', ')
  return opened.store.query({
    name: 'measured',
    sql: `SELECT ${columns} FROM ${relation.from} WHERE ${relation.where} ORDER BY event_id`,
    params: relation.params,
    toRow: (raw) => raw as Record<string, number | null>,
  })
}

const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/gu

const wordsIn = (text: string): string[] =>
  text
    .toLowerCase()
    .replaceAll(unspaced, ' $& ')
    .match(/[\p{L}\p{M}\p{N}]+/gu) ?? []

/** The definitions of the documentation, once more. */
function expected(text: string, vocabulary: readonly string[]): Record<string, number | null> {
  const characters = Array.from(text)
  const count = (pattern: RegExp): number => characters.filter((c) => pattern.test(c)).length
  const share = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole)
  const letters = count(/[\p{L}\p{M}]/u)
  const words = wordsIn(text)
  const often = new Map<string, number>()
  for (const c of characters) often.set(c, (often.get(c) ?? 0) + 1)
  const bits = [...often.values()].map((n) => {
    const p = n / characters.length
    return -p * Math.log2(p)
  })
  return {
    'comment:length': characters.length,
    'comment:words': words.length,
    'comment:letter_share': share(letters, characters.length),
    'comment:digit_share': share(count(/\p{Nd}/u), characters.length),
    'comment:upper_share': share(count(/\p{Lu}/u), letters),
    'comment:punctuation_share': share(count(/[\p{P}\p{S}]/u), characters.length),
    'comment:nonascii_share': share(count(/[\u0080-\u{10ffff}]/u), characters.length),
    'comment:entropy': characters.length === 0 ? null : bits.reduce((a, b) => a + b, 0),
    'comment:oov_share': share(words.filter((w) => !vocabulary.includes(w)).length, words.length),
  }
}

const texts = [
  'The parcel came LATE, and the box was open!',
  'the the THE',
  "Don't stop_me: 3 of 10 (30%) failed; see https://example.org/a?b=1#c",
  '',
  '   ',
  '!!!',
  '2026',
  'Größe überprüft – „ja“, naïve café … №5',
  'Посылка пришла вовремя. Спасибо!',
  '荷物が届きました。Thank you 2 times',
  '包裹没有到达,请联系我',
  'พัสดุมาถึงแล้ว ok',
  'हिन्दी में टिप्पणी',
  'العربية ١٢٣',
  '👍🏽 great 👍',
  'tab\tline\nbreak\u0001control\u007fend\u00a0space',
  'cafe\u0301 ½ x²',
  'aB'.repeat(4000),
]

test('every number is what the documentation says, whatever the script', async () => {
  const words = ['the', 'was', 'stop', 'ok', 'спасибо', '荷', 'हिन्दी', 'café', 'great']
  const rows = await measured('texts', texts, words)
  expect(rows).toHaveLength(texts.length)
  texts.forEach((text, i) => {
    const wanted = expected(text, words)
    expect(Object.keys(rows[i] ?? {})).toEqual(Object.keys(wanted))
    for (const [name, value] of Object.entries(wanted)) {
      const found = rows[i]?.[name] ?? null
      const what = `${name} of ${JSON.stringify(text.slice(0, 60))}`
      if (value === null) expect(found, what).toBeNull()
      else expect(found, what).toBeCloseTo(value, 12)
    }
  })
})

test('of a text that is missing every number is missing; of an empty one length and words are 0', async () => {
  const [missing, empty] = await measured('missing', [null, ''], ['a'])
  expect(new Set(Object.values(missing ?? {}))).toEqual(new Set([null]))
  const { 'comment:length': length, 'comment:words': words, ...shares } = empty ?? {}
  expect([length, words]).toEqual([0, 0])
  expect(new Set(Object.values(shares))).toEqual(new Set([null]))
})

test('a vocabulary holds words by the number of texts that have them, then by name', async () => {
  const spec = await modelOf('vocabulary', [
    'spam spam spam spam',
    'Pear apple',
    'apple pear, quince',
    null,
    `${'x'.repeat(64)} ${'y'.repeat(65)}`,
  ])
  const relation = eventsRelation(spec, [range])
  const words = await opened.store.query(vocabularyWords(relation, 'comment', 10))
  expect(words).toEqual(['apple', 'pear', 'quince', 'spam', 'x'.repeat(64)])
  expect(await opened.store.query(vocabularyWords(relation, 'comment', 2))).toEqual([
    'apple',
    'pear',
  ])
})
