import type { Query } from '../query.ts'
import { arm, exactSamples, type ExactSamplesInput } from './exact-samples.ts'

/**
 * What one walk over the values of two samples tells, smallest value first. A step is a distinct value,
 * a gap the difference of the two distribution functions behind it. Ways are shares of `range`.
 */
export interface ExactScan {
  readonly version: string
  readonly variant: string
  /** Epoch ms. */
  readonly windowStart: number
  readonly feature: string
  /** Values that are there: reference, current. */
  readonly n: number
  readonly m: number
  readonly steps: number
  /** Greatest less least value of both sides, halved: whole it may be no finite number. */
  readonly halfRange: number
  /** Mean in the feature's unit, population deviation as a share of the range. */
  readonly reference: { readonly mean: number; readonly deviation: number }
  readonly current: { readonly mean: number; readonly deviation: number }
  /** Pairs in which the reference value is the greater, ties as half. */
  readonly u: number
  /** 1 less the sum of the cubed pooled shares of the steps. */
  readonly untied: number
  /** n·Σ(rᵢ − i)² + m·Σ(sⱼ − j)² of mid-ranks among all values and ranks among their own. */
  readonly rankSquares: number
  /** Sum of the squared gaps, each by the pooled share of its step. */
  readonly squaredGaps: number
  /** Anderson–Darling's sum, with mid-ranks for ties. */
  readonly weightedGaps: number
  /** Area between the distribution functions, and of their squared gap. */
  readonly area: number
  readonly squaredArea: number
  /** Stretches of the pooled distribution, finer towards its ends: where each begins, and its least and greatest pooled share. */
  readonly stretches: readonly {
    readonly from: number
    readonly least: number
    readonly greatest: number
  }[]
}

/**
 * Everything that the exact two-sample tests of some features need, for many windows at once: the
 * values of both sides are counted, sorted together and walked once. Features that a side has no
 * value of are left out.
 *
 * Whatever is added up is a whole number, or a multiple of 2⁻¹⁰⁰ or 2⁻⁶⁴: the order of the additions,
 * which differs from run to run, cannot show.
 */
export function exactScan(input: ExactSamplesInput): Query<ExactScan> {
  const { counted, params, settings } = exactSamples(input)
  return { name: 'exact-scan', sql: `WITH ${counted}, ${steps} ${totals}`, params, settings, toRow }
}

/** The values of both sides, of every arm, and how often each occurs on either. */
const steps = `
  steps AS (
    SELECT ${arm}, x, sum(in_reference) AS r, sum(in_current) AS c
    FROM (
      SELECT ${arm}, x, toUInt64(0) AS in_reference, c AS in_current FROM current
      UNION ALL
      SELECT a.start AS start, a.version AS version, a.variant AS variant, a.feature AS feature,
        k.x AS x, k.c AS in_reference, toUInt64(0) AS in_current
      FROM reference AS k
      INNER JOIN (SELECT DISTINCT ${arm} FROM current) AS a ON k.feature = a.feature
    )
    GROUP BY ${arm}, x
  ),`

const fixed = (expression: string, bits: number): string =>
  `toInt128((${expression}) * pow(2, ${bits}))`
const unfixed = (sum: string, bits: number): string => `toFloat64(${sum}) / pow(2, ${bits})`
const sumOf = (expression: string, bits: number): string =>
  unfixed(`sum(${fixed(expression, bits)})`, bits)

/** Σ (2·rank − 2·i)² over the tied values of one step, of which `own` are on the side and `upto` up to here. */
const tiedSquares = (own: string, upto: string): string => {
  const k = `toInt128(${own})`
  const a = `(toInt128(2 * (all_upto - t) + t + 1) - 2 * toInt128(${upto}))`
  return `(${k} * ${a} * ${a} + 2 * ${a} * ${k} * (${k} - 1) + intDiv(2 * (${k} - 1) * ${k} * (2 * ${k} - 1), 3))`
}

const weighted = (upto: string, own: string, size: string): string =>
  `pow(total * (toFloat64(${upto}) - ${own} / 2) - middle * ${size}, 2) / ${size}`

const totals = `
  walked AS (
    SELECT *,
      sum(r) OVER w AS upto_r, sum(c) OVER w AS upto_c,
      sum(r) OVER p AS n, sum(c) OVER p AS m,
      min(x) OVER p AS low, max(x) OVER p AS high,
      leadInFrame(x, 1, x) OVER (p ORDER BY x ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS next
    FROM steps
    WINDOW p AS (PARTITION BY ${arm}), w AS (PARTITION BY ${arm} ORDER BY x)
  ),
  placed AS (
    SELECT *,
      high / 2 - low / 2 AS half,
      r + c AS t, upto_r + upto_c AS all_upto, n + m AS total,
      all_upto - t / 2 AS middle,
      all_upto / total AS height,
      upto_r / n - upto_c / m AS gap,
      min(if(2 * all_upto >= total, x, high)) OVER p AS pivot,
      if(half = 0, 0, (next / 2 - x / 2) / half) AS way,
      if(half = 0, 0, (x / 2 - pivot / 2) / half) AS off
    FROM walked
    WHERE n > 0
    WINDOW p AS (PARTITION BY ${arm})
  ),
  centred AS (
    SELECT *,
      ${unfixed(`sum(r * ${fixed('off', 100)}) OVER p`, 100)} / n AS off_r,
      ${unfixed(`sum(c * ${fixed('off', 100)}) OVER p`, 100)} / m AS off_c
    FROM placed
    WINDOW p AS (PARTITION BY ${arm})
  )
SELECT ${arm}, n, m, count() AS steps, half,
  2 * (pivot / 2 + half * off_r) AS mean_r, 2 * (pivot / 2 + half * off_c) AS mean_c,
  sqrt(${unfixed(`sum(r * ${fixed('pow(off - off_r, 2)', 100)})`, 100)} / n) AS deviation_r,
  sqrt(${unfixed(`sum(c * ${fixed('pow(off - off_c, 2)', 100)})`, 100)} / m) AS deviation_c,
  toFloat64(sum(toInt128(r) * (2 * toInt128(upto_c) - c))) / 2 AS u,
  toFloat64(toInt128(n + m) * (n + m) * (n + m) - sum(toInt128(t) * t * t)) / pow(n + m, 3) AS untied,
  toFloat64(n * sum(${tiedSquares('r', 'upto_r')}) + m * sum(${tiedSquares('c', 'upto_c')})) / 4 AS rank_squares,
  (n + m - 1) / (n + m) * ${sumOf(`if(total = t, 0, t / total / (middle * (total - middle) - total * t / 4) * (${weighted('upto_r', 'r', 'n')} + ${weighted('upto_c', 'c', 'm')}))`, 64)} AS weighted_gaps,
  ${sumOf('gap * gap * t / total', 100)} AS squared_gaps,
  ${sumOf('abs(gap) * way', 100)} AS area,
  ${sumOf('gap * gap * way', 100)} AS squared_area,
  minMapIf(map(stretch, if(half = 0, 0, (x / 2 - low / 2) / half)), height < 1) AS begins,
  minMapIf(map(stretch, height), height < 1) AS least,
  maxMapIf(map(stretch, height), height < 1) AS greatest,
  mapValues(begins) AS stretch_begins, mapValues(least) AS stretch_least, mapValues(greatest) AS stretch_greatest
FROM (SELECT *, toInt16(if(height < 1, round(6 * log(height / (1 - height))), 0)) AS stretch FROM centred)
GROUP BY ${arm}, n, m, half, pivot, off_r, off_c
ORDER BY ${arm}`

function toRow(raw: Readonly<Record<string, unknown>>): ExactScan {
  const number = (name: string): number => Number(raw[name])
  const list = (name: string): number[] => raw[name] as number[]
  const [least, greatest] = [list('stretch_least'), list('stretch_greatest')]
  return {
    version: String(raw['version']),
    variant: String(raw['variant']),
    windowStart: number('start'),
    feature: String(raw['feature']),
    n: number('n'),
    m: number('m'),
    steps: number('steps'),
    halfRange: number('half'),
    reference: { mean: number('mean_r'), deviation: number('deviation_r') },
    current: { mean: number('mean_c'), deviation: number('deviation_c') },
    u: number('u'),
    untied: number('untied'),
    rankSquares: number('rank_squares'),
    squaredGaps: number('squared_gaps'),
    weightedGaps: number('weighted_gaps'),
    area: number('area'),
    squaredArea: number('squared_area'),
    stretches: list('stretch_begins').map((from, i) => ({
      from,
      least: least[i] ?? 0,
      greatest: greatest[i] ?? 1,
    })),
  }
}
