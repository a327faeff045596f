import { derivedName, type TextMeasure } from '../../core/derived-features.ts'
import type { Vocabulary } from '../feature-references.ts'
import { identifier } from '../query.ts'
import { featureColumn } from '../tables/events-table.ts'
import { derivedSource, type Source } from './source.ts'

/** Scripts that put no spaces between words. Each of their characters counts as a word. */
const unspaced = ['Han', 'Hiragana', 'Katakana', 'Thai', 'Lao', 'Khmer', 'Myanmar']
  .map((script) => `\\\\p{${script}}`)
  .join('')

// Everything but letters, marks, numbers and printable ASCII, which the split itself knows about:
// what rarely occurs is what is cheap to look for.
const separators = '[^\\\\x20-\\\\x7E\\\\p{L}\\\\p{M}\\\\p{N}]+'

/**
 * Words of a text in lower case: runs of letters, marks and numbers, and single characters of scripts
 * without spaces. In plain ASCII no regular expression has anything to do.
 */
export function wordsOf(text: string): string {
  const spaced = `replaceRegexpAll(lowerUTF8(${text}), '${separators}', ' ')`
  return `splitByNonAlpha(replaceRegexpAll(${spaced}, '[${unspaced}]', ' \\\\0 '))`
}

/** Never null, so that functions which make lists take it: a text that is missing is empty. */
export const presentText = (column: string): string => `ifNull(${column}, '')`

// Of a text of four thousand bytes.
export const textCells = 500

const without = (text: string, characters: string): string =>
  `replaceRegexpAll(${text}, '${characters}', '')`
const letters = '[\\\\p{L}\\\\p{M}]+'
const digits = '\\\\p{Nd}+'
const capitals = '\\\\p{Lu}+'
const punctuation = '[\\\\p{P}\\\\p{S}]+'
const ascii = '[\\\\x00-\\\\x7F]+'

/**
 * The numbers that tell of a text feature. Length is in characters (code points); shares are of the
 * characters, of capitals among the letters, of unknown words among the words. A share of nothing is
 * missing. Letters are taken away first: the other expressions then look at what little is left.
 */
export function textSources(
  feature: string,
  param: string,
  vocabulary: Vocabulary | null,
): Source[] {
  const column = identifier(featureColumn(feature))
  const text = presentText(column)
  const rest = without(text, letters)
  const size = lengthOf(text)
  const removed = (from: string, characters: string): string =>
    `(${lengthOf(from)} - ${lengthOf(without(from, characters))})`
  const present = (value: string): string => `if(isNull(${column}), NULL, toFloat64(${value}))`
  const measures: readonly (readonly [measure: TextMeasure, sql: string])[] = [
    ['length', present(size)],
    ['words', present(`length(${wordsOf(text)})`)],
    ['letter_share', share(`(${size} - ${lengthOf(rest)})`, size)],
    ['digit_share', share(removed(rest, digits), size)],
    ['upper_share', share(removed(text, capitals), `(${size} - ${lengthOf(rest)})`)],
    ['punctuation_share', share(removed(rest, punctuation), size)],
    ['nonascii_share', share(lengthOf(without(text, ascii)), size)],
    ['entropy', `if(${size} = 0, NULL, arrayReduce('entropy', ngrams(${text}, 1)))`],
  ]
  const sources = measures.map(([measure, sql]) =>
    derivedSource(derivedName(feature, measure), { feature, sql, params: {}, cells: textCells }),
  )
  return vocabulary === null
    ? sources
    : [...sources, unknownWords(feature, { text, param, vocabulary })]
}

const lengthOf = (text: string): string => `toInt64(lengthUTF8(${text}))`
const share = (part: string, whole: string): string => `if(${whole} = 0, NULL, ${part} / ${whole})`

function unknownWords(
  feature: string,
  { text, param, vocabulary }: { text: string; param: string; vocabulary: Vocabulary },
): Source {
  const words = wordsOf(text)
  const unknown = `arrayCount(w -> w NOT IN {${param}:Array(String)}, ${words})`
  return derivedSource(derivedName(feature, 'oov_share'), {
    feature,
    sql: share(unknown, `length(${words})`),
    params: { [param]: vocabulary.words },
    cells: textCells,
  })
}
