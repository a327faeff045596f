import { type PeerNumber, type PeerSample } from './peer.ts'
import { histogramCounts, sturgesEdges } from './numpy-histogram.ts'
import { presentNumbers, presentValues, valueCounts } from './present-values.ts'

/** With more distinct reference values numbers are binned. */
const mostValues = 20

/**
 * Shares of both samples as Evidently 0.7 bins them: Sturges bins over both
 * samples together for numbers with more than 20 distinct reference values,
 * otherwise one bin a value. `filled` puts 0.0001, or a millionth of a smaller
 * share, where a side has none; the shares then no longer sum to one.
 */
export function shares(
  sample: PeerSample,
  zeros: 'filled' | 'plain',
): [readonly number[], readonly number[]] | null {
  const values = presentValues(sample)
  if (values === null) return null
  const numbers = presentNumbers(sample)
  const binned = numbers !== null && new Set(numbers.reference).size > mostValues
  const edges = binned ? sturgesEdges([...numbers.reference, ...numbers.current]) : []
  const counts = binned
    ? {
        reference: histogramCounts(numbers.reference, edges),
        current: histogramCounts(numbers.current, edges),
      }
    : valueCounts(values)
  const p = counts.reference.map((count) => count / values.reference.length)
  const q = counts.current.map((count) => count / values.current.length)
  return zeros === 'filled' ? [filled(p), filled(q)] : [p, q]
}

function filled(list: readonly number[]): number[] {
  const least = list.reduce((low, share) => (share > 0 ? Math.min(low, share) : low), 1)
  const filler = least <= 0.0001 ? least / 1e6 : 0.0001
  return list.map((share) => (share === 0 ? filler : share))
}

/** Σ (p − q)·ln(p/q) of positive shares. */
export function psiPlain(p: readonly number[], q: readonly number[]): number {
  let sum = 0
  for (const [i, share] of p.entries()) sum += (share - q[i]!) * Math.log(share / q[i]!)
  return sum
}

/** Σ p·ln(p/q) of positive shares, each side made to sum to one first. */
export function kullbackLeiblerPlain(p: readonly number[], q: readonly number[]): number {
  const all = p.reduce((sum, share) => sum + share, 0)
  const allNow = q.reduce((sum, share) => sum + share, 0)
  let sum = 0
  for (const [i, share] of p.entries()) {
    sum += (share / all) * Math.log(share / all / (q[i]! / allNow))
  }
  return sum
}

/** √(1 − Σ √(p·q)); numbers over Sturges bins of the distinct values of both samples. */
export function evidentlyHellinger(sample: PeerSample): PeerNumber | null {
  const values = presentValues(sample)
  if (values === null) return null
  const numbers = presentNumbers(sample)
  const table = valueCounts(values)
  const edges =
    numbers === null ? [] : sturgesEdges([...new Set([...numbers.reference, ...numbers.current])])
  const before = numbers === null ? table.reference : histogramCounts(numbers.reference, edges)
  const now = numbers === null ? table.current : histogramCounts(numbers.current, edges)
  const scale = Math.sqrt(values.reference.length) * Math.sqrt(values.current.length)
  let overlap = 0
  for (const [i, count] of before.entries()) overlap += Math.sqrt(count * now[i]!) / scale
  return { value: Math.sqrt(1 - Math.min(1, overlap)) }
}
