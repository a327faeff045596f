import { effectiveSize } from '../bins.ts'
import { bridgeNull } from '../calibration/bridge-null.ts'
import { gammaQuantile, gammaSurvival } from '../calibration/permutation-null.ts'
import {
  transportNull,
  transportQuantile,
  transportSurvival,
} from '../calibration/transport-null.ts'
import { welch } from '../drift/t.ts'
import { noiseLevel, type Score } from '../score.ts'
import { normalDeviate } from '../special-functions/normal.ts'
import { studentDeviate } from '../special-functions/student-t.ts'
import { cvmOfRanks } from './cvm.ts'
import { mannWhitneyChance, rankDeviation } from './mann-whitney.ts'
import { type RowScan } from './row-scan.ts'

/** A two-sample test over stored rows: values that both sides have, in no bins, no row left out. */
export interface RowMethod {
  readonly metric: string
  /** Unique; as a monitor or `detectors` names it. */
  readonly method: string
  /** One sentence for the documentation. */
  readonly describe: string
  /** Null where the test has no answer, such as for a single value. Never NaN. */
  readonly score: (scan: RowScan) => Score | null
}

/** Evidently's floor, as in `wasserstein/normed`. */
const leastDeviation = 0.001

type Judgement = Pick<Score, 'value'> & Partial<Pick<Score, 'pValue' | 'effect' | 'noiseFloor'>>

function rowMethod(
  metric: string,
  convention: string,
  describe: string,
  judge: (scan: RowScan) => Judgement | null,
): RowMethod {
  const method = `${metric}/${convention}`
  return {
    metric,
    method,
    describe,
    score: (scan) => {
      const judged = judge(scan)
      return (
        judged && {
          method,
          direction: 'greater_is_worse',
          nReference: scan.n,
          nCurrent: scan.m,
          ...judged,
        }
      )
    },
  }
}

const mannWhitney = rowMethod(
  'mann-whitney',
  'exact',
  'Size of Cliff’s delta over all values; p is SciPy’s two-sided `mannwhitneyu`: mid-ranks, continuity correction, exact for eight values or fewer without ties.',
  (scan) => {
    const { n, m, u } = scan
    const value = Math.min(1, Math.abs((2 * u) / n / m - 1))
    const deviation = n + m < 2 ? 0 : (2 * rankDeviation(scan)) / n / m
    return {
      value,
      pValue: mannWhitneyChance({ ...scan, tied: scan.steps < n + m }, 'two-sided'),
      effect: value,
      noiseFloor: Math.min(1, deviation * normalDeviate(noiseLevel)),
    }
  },
)

const t = rowMethod(
  't',
  'exact-welch',
  'Welch’s t (its size) of the difference of the means of all values; p is SciPy’s `ttest_ind` without equal variances; the effect is Cohen’s d (its size).',
  ({ n, m, reference, current, halfRange }) => {
    if (n < 2 || m < 2) return null
    const unit = Math.min(2 * halfRange, Number.MAX_VALUE)
    const moments = ({ mean, deviation }: RowScan['reference'], values: number) => ({
      values,
      mean,
      deviation: deviation * unit,
    })
    const { t: deviates, dof, pValue, d } = welch(moments(reference, n), moments(current, m))
    const noiseFloor = studentDeviate(noiseLevel, dof)
    return { value: Math.abs(deviates), pValue, effect: Math.abs(d), noiseFloor }
  },
)

const cvm = rowMethod(
  'cvm',
  'exact',
  'Cramér–von Mises statistic over the distinct values; without ties statistic and p are SciPy’s `cramervonmises_2samp`, with ties p is that of a Brownian bridge; the effect is the root mean square gap.',
  (scan) => {
    const { n, m, steps } = scan
    if (n < 2 || m < 2) return null
    const { heights, masses } = pooledShape(scan)
    const nothing = bridgeNull(heights, masses)
    const size = effectiveSize(n, m)
    const value = size * scan.squaredGaps
    return {
      value,
      // SciPy's statistic grows with every tie, so that zeros alone would be a drift.
      pValue:
        steps < n + m ? gammaSurvival(value, nothing) : cvmOfRanks(scan.rankSquares, n, m).pValue,
      effect: Math.sqrt(scan.squaredGaps),
      noiseFloor: gammaQuantile(noiseLevel, nothing),
    }
  },
)

const ad = rowMethod(
  'ad',
  'exact',
  'Anderson–Darling statistic A² with mid-ranks, as `anderson_ksamp` has it before it standardises it; p of a Brownian bridge, so not cut off at 0.001 and 0.25 as SciPy’s is.',
  (scan) => {
    const { n, m } = scan
    if (n + m < 4) return null
    const { heights, masses } = pooledShape(scan)
    const weights = masses.map((mass, i) => mass / (heights[i]! * (1 - heights[i]!)))
    const nothing = bridgeNull(heights, weights)
    return {
      value: scan.weightedGaps,
      pValue: gammaSurvival(scan.weightedGaps, nothing),
      effect: Math.sqrt(scan.weightedGaps / effectiveSize(n, m)),
      noiseFloor: gammaQuantile(noiseLevel, nothing),
    }
  },
)

const wasserstein = rowMethod(
  'wasserstein',
  'exact-normed',
  'SciPy’s `wasserstein_distance` of all values, in population deviations of the reference (at least 0.001); p and noise floor of a Brownian bridge.',
  (scan) => {
    const { n, m } = scan
    const unit = unitOf(scan)
    const { heights, ways } = pooledShape(scan)
    const nothing = transportNull({
      values: [...heights, 1].map((height, i) => height - (heights[i - 1] ?? 0)),
      widths: ways.map((way) => way / unit),
      meanDeviation: 0,
      valueSize: effectiveSize(n, m),
      groups: [n + m],
      n,
      m,
    })
    const value = scan.area / unit
    return {
      value,
      pValue: transportSurvival(value, nothing),
      effect: value,
      noiseFloor: transportQuantile(noiseLevel, nothing),
    }
  },
)

const energy = rowMethod(
  'energy',
  'exact-normed',
  'SciPy’s `energy_distance` of all values, which are first divided by the reference’s population deviation (at least 0.001); p and noise floor of a Brownian bridge.',
  (scan) => {
    const unit = unitOf(scan)
    const { heights, ways } = pooledShape(scan)
    const nothing = bridgeNull(
      heights,
      ways.map((way) => (2 * way) / unit),
    )
    const value = Math.sqrt((2 * scan.squaredArea) / unit)
    const size = effectiveSize(scan.n, scan.m)
    return {
      value,
      pValue: gammaSurvival(value * value * size, nothing),
      effect: value,
      noiseFloor: Math.sqrt(gammaQuantile(noiseLevel, nothing) / size),
    }
  },
)

/** A deviation of the reference as a share of the range; 1 where all values are the same. */
function unitOf({ reference, halfRange }: RowScan): number {
  if (halfRange === 0) return 1
  return Math.max(reference.deviation, leastDeviation / 2 / halfRange)
}

interface PooledShape {
  /** Pooled share in the middle of each stretch, within 0 and 1. */
  readonly heights: readonly number[]
  /** Pooled share of each stretch, and its way. */
  readonly masses: readonly number[]
  readonly ways: readonly number[]
}

/** What null distributions hang on: the pooled distribution, in at most some 170 stretches. */
function pooledShape({ stretches }: RowScan): PooledShape {
  return {
    heights: stretches.map(({ least, greatest }) => (least + greatest) / 2),
    masses: stretches.map(({ greatest }, i) => greatest - (stretches[i - 1]?.greatest ?? 0)),
    ways: stretches.map(({ from }, i) => (stretches[i + 1]?.from ?? 1) - from),
  }
}

/** The tests that one walk over stored rows answers. */
export const rowScanMethods: readonly RowMethod[] = [mannWhitney, t, cvm, ad, wasserstein, energy]
