import { noiseLevel, type Score } from '../score.ts'
import { normalDeviate, normalSurvival } from '../special-functions/normal.ts'
import { type RandomSource } from '../streams/random-source.ts'

import { binnedColumns } from './binned-columns.ts'
import { boostedLogOdds, type Learning } from './boosted-trees.ts'
import { type MixedSample } from './mixed-sample.ts'
import { rankedAuc } from './ranked-auc.ts'
import { type Work } from './work.ts'

export const domainClassifierMethod = 'domain-classifier/boosted-trees-5-fold'

export interface DomainClassifier {
  readonly score: Score
  /** What part each feature had in telling the samples apart, greatest first: shares of 1 in all. */
  readonly importances: readonly (readonly [feature: string, share: number])[]
}

const folds = 5
/** Rows of a side below which there is nothing to learn. */
export const leastRowsToClassify = 50

/**
 * How many times as much the folds' mean varies as that of independent folds:
 * what one row tells of another, the other tells of it too, in another fold.
 */
const dependence = 2

/**
 * How well a classifier tells current rows from reference rows: the area under
 * the ROC curve of five-fold cross-validated boosted trees, the mean of the
 * folds. About 0.5 where the samples are alike in every way that it can see, 1
 * where each row gives away where it is from; less than 0.5 is chance. It sees
 * what no single feature shows: features that go together in another way.
 *
 * Every AUC is of rows that its trees have not seen, so without drift it is
 * Mann and Whitney's statistic, and p is the normal chance of so great a mean.
 * Its variance is taken twice as great as for independent folds:
 * where rows tell of each other alike, every pair of rows counts in two folds. `effect` is
 * max(2·AUC − 1, 0), as deepchecks reports it. Greater is worse.
 *
 * Misleads: with few rows it is blind, not calm (below 50 a side the answer is
 * null); a feature that tells the time or counts up gives every window away.
 * It depends on the folds, which `random` draws, so on the order of the rows.
 *
 * O(trees · folds · rows · columns). Null too where there is no column.
 *
 * Ref: D. Lopez-Paz, M. Oquab, Revisiting classifier two-sample tests, ICLR (2017).
 */
export function* domainClassifier(
  reference: MixedSample,
  current: MixedSample,
  random: RandomSource,
): Work<DomainClassifier | null> {
  const [n, m] = [reference.count, current.count]
  if (Math.min(n, m) < leastRowsToClassify || reference.columns.length === 0) return null
  const data = yield* binnedColumns(reference, current)
  const labels = new Uint8Array(n + m).fill(1, n)
  const learning = { data, labels, random, gains: new Float64Array(data.columns.length) }
  const { auc, variance } = yield* validated(learning, foldsOf(labels, random))
  const deviation = Math.sqrt(variance * dependence)
  return {
    score: {
      method: domainClassifierMethod,
      value: auc,
      direction: 'greater_is_worse',
      pValue: deviation > 0 ? normalSurvival((auc - 0.5) / deviation) : 1,
      effect: Math.max(0, 2 * auc - 1),
      nReference: n,
      nCurrent: m,
      noiseFloor: 0.5 + normalDeviate(2 * noiseLevel) * deviation,
    },
    importances: importances(learning),
  }
}

/** The fold of each row: as many of either sample in each as can be. */
function foldsOf(labels: Uint8Array, random: RandomSource): Uint8Array {
  const fold = new Uint8Array(labels.length)
  for (const label of [0, 1]) {
    const rows = Int32Array.from(labels.keys()).filter((row) => labels[row] === label)
    for (let i = rows.length - 1; i > 0; i--) {
      const at = random.below(i + 1)
      ;[rows[i], rows[at]] = [rows[at]!, rows[i]!]
    }
    for (const [i, row] of rows.entries()) fold[row] = i % folds
  }
  return fold
}

function* validated(learning: Learning, fold: Uint8Array): Work<{ auc: number; variance: number }> {
  const { labels } = learning
  const rows = Int32Array.from(labels.keys())
  let auc = 0
  let variance = 0
  for (let f = 0; f < folds; f++) {
    const test = rows.filter((row) => fold[row] === f)
    const train = rows.filter((row) => fold[row] !== f)
    const found = rankedAuc(
      yield* boostedLogOdds(learning, { train, test }),
      test.map((row) => labels[row]!),
    )
    auc += found.auc / folds
    variance += found.variance / folds ** 2
  }
  return { auc, variance }
}

function importances({ data, gains }: Learning): [string, number][] {
  const byFeature = new Map<string, number>()
  let total = 0
  for (const [i, { name }] of data.columns.entries()) {
    byFeature.set(name, (byFeature.get(name) ?? 0) + gains[i]!)
    total += gains[i]!
  }
  return [...byFeature]
    .filter(([, gain]) => gain > 0)
    .map(([name, gain]): [string, number] => [name, gain / total])
    .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
}
