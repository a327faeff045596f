import { numberMetric, verdictMethod, verdictMetric } from '../detectors/peers/peer-metrics.ts'
import type { Peer, PeerMethod, PeerSample, PeerScore } from '../detectors/peers/peer.ts'
import { presentValues } from '../detectors/peers/present-values.ts'
import type { RowScore } from './evaluate.ts'

interface Compared {
  readonly baseline: string
  readonly feature: string
  readonly pair: PeerSample
}

/**
 * Two rows of one method and feature: the product's number, and its verdict, 1 or 0, whose `effect` is
 * the number that it judged and whose `noiseFloor` is its threshold. Where the product has no answer
 * both are there without a value.
 */
export function featureRows(
  method: PeerMethod,
  score: PeerScore | null,
  { baseline, feature, pair }: Compared,
): RowScore[] {
  const present = presentValues(pair)
  const counts = {
    nReference: present?.reference.length ?? 0,
    nCurrent: present?.current.length ?? 0,
  }
  const number = { ...counts, ...numberOf(method, score) }
  const verdict = { ...counts, ...verdictOf(method, score) }
  return [
    { baseline, feature, metric: numberMetric(method), score: number },
    { baseline, feature, metric: verdictMetric, score: verdict },
  ]
}

type PeerFacts = Omit<RowScore['score'], 'nReference' | 'nCurrent'>

function numberOf(method: PeerMethod, score: PeerScore | null): PeerFacts {
  const above = method.operator.startsWith('>')
  const facts: PeerFacts = {
    method: method.method,
    value: score === null ? null : score.value,
    direction: above ? 'greater_is_worse' : 'less_is_worse',
  }
  // What is judged from above is a p-value. One that is the value itself must not silence it, too.
  const tested = score !== null && !above && method.reportsPValue !== true
  return tested ? { ...facts, pValue: score.judged } : facts
}

function verdictOf({ method }: PeerMethod, score: PeerScore | null): PeerFacts {
  const facts = { method: verdictMethod(method), direction: 'greater_is_worse' } as const
  if (score === null) return { ...facts, value: null }
  const { drifted, judged: effect, threshold } = score
  const value = drifted === null ? null : Number(drifted)
  return { ...facts, value, effect, ...(threshold === null ? {} : { noiseFloor: threshold }) }
}

/** What a product says of all features together, under feature ''; nothing where it has no such rule. */
export function datasetRows(
  peer: Peer,
  chosen: readonly PeerScore[],
  { baseline, n, m }: { readonly baseline: string; readonly n: number; readonly m: number },
): RowScore[] {
  if (chosen.length === 0) return []
  return (peer.dataset?.(chosen) ?? []).map(({ metric, method, value, judged, threshold }) => ({
    baseline,
    feature: '',
    metric,
    score: {
      method,
      value,
      direction: 'greater_is_worse',
      nReference: n,
      nCurrent: m,
      ...(judged === undefined ? {} : { effect: judged }),
      ...(threshold === undefined ? {} : { noiseFloor: threshold }),
    },
  }))
}
