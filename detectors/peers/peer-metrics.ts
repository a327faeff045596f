import { type PeerMethod } from './peer.ts'

/** 1 where another product says that a feature, or a data set, has drifted, 0 where it says it has not. */
export const verdictMetric = 'drifted'
/** Evidently's share of drifted columns. */
export const shareMetric = 'drifted_share'
/** alibi-detect's verdict over all features by false discoveries, instead of Bonferroni's. */
export const fdrMetric = 'drifted_fdr'

/** `drifted/psi/evidently-0.7`: the verdict of a method, told apart from its number. */
export const verdictMethod = (method: string): string => `${verdictMetric}/${method}`

/**
 * What a method's number is called: its metric, or `ks_p_value` and the like. A threshold of `ks`
 * for distances would call every large p-value a drift.
 *
 * @example numberMetric({ metric: 'ks' }).length // 2
 */
export const numberMetric = ({
  metric,
  reportsPValue,
}: Pick<PeerMethod, 'metric' | 'reportsPValue'>): string =>
  reportsPValue === true ? `${metric}_p_value` : metric
