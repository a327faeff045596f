/** The words that texts of the reference were made of. */
export interface Vocabulary {
  readonly kind: 'vocabulary'
  /** Lower case, by falling number of texts that hold them. */
  readonly words: readonly string[]
}

/** The mean of the reference's embeddings. */
export interface Centroid {
  readonly kind: 'centroid'
  readonly components: readonly number[]
}

/** What values of a text or an embedding are compared with. Frozen with the binning, like its bins. */
export type FeatureReference = Vocabulary | Centroid

/** Words that a vocabulary keeps. */
export const mostWords = 5000
/** Longer ones are links, keys and noise: never in a vocabulary. */
export const mostWordChars = 64
// A bound value of 128 KiB is the most that a server takes by default.
const mostVocabularyBytes = 100_000

/** The first words, as many as are kept; null where there is none. */
export function chooseVocabulary(byFrequency: readonly string[]): Vocabulary | null {
  let bytes = 0
  const words = byFrequency.slice(0, mostWords).filter((word) => {
    bytes += Buffer.byteLength(word, 'utf8') + 3
    return bytes <= mostVocabularyBytes
  })
  return words.length === 0 ? null : { kind: 'vocabulary', words }
}

/**
 * Nine digits are more than a component of single precision has, and every reader takes them for the
 * same double.
 */
export const centroid = (means: readonly number[]): Centroid => ({
  kind: 'centroid',
  components: means.map((mean) => Number(mean.toPrecision(9)) + 0),
})
