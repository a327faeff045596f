import { mostWordChars } from '../feature-references.ts'
import { identifier, type Query } from '../query.ts'
import { featureColumn } from '../tables/events-table.ts'
import { finalSettings, type Relation } from './profile-source.ts'
import { blockSettings } from './source.ts'
import { presentText, textCells, wordsOf } from './text-sources.ts'

/** Words of a text feature by falling number of texts that hold them, ties by the bytes of the word. */
export function vocabularyWords(relation: Relation, feature: string, limit: number): Query<string> {
  const words = wordsOf(presentText(identifier(featureColumn(feature))))
  return {
    name: 'text-vocabulary',
    sql: `
SELECT word, count() AS n
FROM (
  SELECT arrayJoin(arrayDistinct(${words})) AS word
  FROM ${relation.from}
  WHERE ${relation.where}
)
WHERE lengthUTF8(word) <= ${mostWordChars}
GROUP BY word
ORDER BY n DESC, word
LIMIT {limit:UInt32}`,
    params: { ...relation.params, limit },
    settings: { ...finalSettings, ...blockSettings([{ cells: textCells }]) },
    toRow: (raw) => String(raw['word']),
  }
}
