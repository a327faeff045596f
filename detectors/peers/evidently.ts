import { cvmTest } from '../exact/cvm.ts'
import { andersonDarlingTest } from '../exact/anderson-darling.ts'
import { ksTest } from '../exact/ks.ts'
import { mannWhitneyTest } from '../exact/mann-whitney.ts'
import { sampleMoments } from '../exact/sample-moments.ts'
import { energyExact, wassersteinExact } from '../exact/wasserstein.ts'
import { jensenShannon } from '../drift/js.ts'
import { type SampleMoments, student } from '../drift/t.ts'
import { chi2Survival } from '../special-functions/incomplete-gamma.ts'
import { eppsSingletonTest } from './epps-singleton.ts'
import { mmdPermutationP, mostComparedRows } from './evidently-mmd.ts'
import { mostDealtRows, tvdPermutationP } from './evidently-tvd.ts'
import { fisherExact, goodnessOfFit, shareZ } from './evidently-tables.ts'
import { evidentlyHellinger, kullbackLeiblerPlain, psiPlain, shares } from './evidently-shares.ts'
import { extent } from './numpy-histogram.ts'
import { shareMetric, verdictMethod, verdictMetric } from './peer-metrics.ts'
import { inSteps, type Operator, type Peer, type PeerMethod, type PeerSample } from './peer.ts'
import {
  presentNumbers,
  presentValues,
  type PresentValues,
  type Value,
  valueCounts,
} from './present-values.ts'

/** On numbers alone: Evidently's statistic of two cleaned samples, null where it fails. */
type OfNumbers = (values: PresentValues<number>) => number | null

function onNumbers(compute: OfNumbers): PeerMethod['number'] {
  return (sample) => {
    const values = presentNumbers(sample)
    const value = values === null ? null : compute(values)
    return value === null ? null : { value }
  }
}

function onValues(compute: (values: PresentValues<Value>) => number | null): PeerMethod['number'] {
  return (sample) => {
    const values = presentValues(sample)
    const value = values === null ? null : compute(values)
    return value === null ? null : { value }
  }
}

const version = 'evidently-0.7'

/** Evidently's `drift_share`: the data set has drifted from this share of drifted columns on. */
const datasetShare = 0.5

function method(
  metric: string,
  rule: readonly [Operator, number],
  rest: Pick<PeerMethod, 'kinds' | 'describe' | 'number' | 'steps' | 'draws'>,
): PeerMethod {
  const [operator, threshold] = rule
  const id = `${metric}/${version}`
  // Whatever it compares from above is a p-value.
  const reports = operator.startsWith('<') ? ({ reportsPValue: true } as const) : {}
  return { metric, method: id, operator, threshold, ...reports, ...rest }
}

const both = ['numeric', 'categorical'] as const
const numeric = ['numeric'] as const

const psi = method('psi', ['>=', 0.1], {
  kinds: both,
  describe: 'PSI over Sturges bins of both samples together, or over values; zeros become 0.0001.',
  number: (sample) => {
    const [p, q] = shares(sample, 'filled') ?? []
    return p && q ? { value: psiPlain(p, q) } : null
  },
})

const kl = method('kl', ['>=', 0.1], {
  kinds: both,
  describe: 'Kullback–Leibler divergence of reference from current over the same bins.',
  number: (sample) => {
    const [p, q] = shares(sample, 'filled') ?? []
    return p && q ? { value: kullbackLeiblerPlain(p, q) } : null
  },
})

const js = method('js', ['>=', 0.1], {
  kinds: both,
  describe: 'Jensen–Shannon distance, base e: at most 0.8326.',
  number: (sample) => {
    const [p, q] = shares(sample, 'plain') ?? []
    return p && q ? { value: jensenShannon(p, q) * Math.sqrt(Math.LN2) } : null
  },
})

const hellinger = method('hellinger', ['>=', 0.1], {
  kinds: both,
  describe: 'Hellinger distance over Sturges bins of the distinct values, or over categories.',
  number: evidentlyHellinger,
})

const wasserstein = method('wasserstein', ['>=', 0.1], {
  kinds: numeric,
  describe: 'Wasserstein distance in population deviations of the reference, at least 0.001.',
  number: onNumbers(
    ({ reference, current }) =>
      wassersteinExact(reference, current) / Math.max(sampleMoments(reference).deviation, 0.001),
  ),
})

const energy = method('energy', ['>', 0.1], {
  kinds: numeric,
  describe: 'Energy distance in the square root of the feature’s unit.',
  number: onNumbers(({ reference, current }) => energyExact(reference, current)),
})

const ks = method('ks', ['<=', 0.05], {
  kinds: numeric,
  describe: 'P-value of the two-sample Kolmogorov–Smirnov test, exact up to 10,000 values.',
  number: onNumbers(({ reference, current }) => ksTest(reference, current).pValue),
})

const chi2 = method('chi2', ['<', 0.05], {
  kinds: both,
  describe:
    'P-value of χ² goodness of fit to the reference’s shares; an unseen category makes it 0.',
  number: onValues((values) => {
    const { statistic, dof } = goodnessOfFit(valueCounts(values))
    return dof > 0 ? chi2Survival(statistic, dof) : null
  }),
})

const z = method('z', ['<', 0.05], {
  kinds: both,
  describe: 'P-value of the pooled two-proportion z-test of “not the least value”.',
  number: onValues((values) => shareZ(valueCounts(values))),
})

const g = method('g', ['<', 0.1], {
  kinds: both,
  describe: 'P-value of the G-test against the reference’s counts, of equally large samples only.',
  number: onValues((values) => {
    if (values.reference.length !== values.current.length) return null
    const { reference, current } = valueCounts(values)
    let statistic = 0
    for (const [i, count] of current.entries()) {
      if (count > 0) statistic += 2 * count * Math.log(count / reference[i]!)
    }
    return current.length > 1 ? chi2Survival(Math.max(0, statistic), current.length - 1) : null
  }),
})

const fisher = method('fisher', ['<', 0.1], {
  kinds: both,
  describe: 'P-value of Fisher’s exact test of two values, of equally large samples only.',
  number: onValues((values) => {
    const { keys, reference, current } = valueCounts(values)
    if (keys.length > 2 || values.reference.length !== values.current.length) return null
    const [x, y] = [reference[1] ?? 0, current[1] ?? 0]
    return fisherExact({ x, n: values.reference.length, y, m: values.current.length })
  }),
})

const mannWhitney = method('mann-whitney', ['<', 0.05], {
  kinds: numeric,
  describe: 'P-value of the one-sided Mann–Whitney test that the reference lies lower.',
  number: onNumbers(({ reference, current }) => mannWhitneyTest(reference, current, 'less').pValue),
})

const t = method('t', ['<', 0.05], {
  kinds: numeric,
  describe: 'P-value of Student’s t-test with one variance for both samples.',
  number: onNumbers(({ reference, current }) => {
    const [before, now] = [sampleMoments(reference), sampleMoments(current)]
    if (before.values + now.values < 3 || isOnePoint(before, now)) return null
    return student(before, now).pValue
  }),
})

/** SciPy divides nothing by nothing here. */
function isOnePoint(before: SampleMoments, now: SampleMoments): boolean {
  return before.deviation + now.deviation === 0 && before.mean === now.mean
}

const ad = method('ad', ['<', 0.1], {
  kinds: numeric,
  describe: 'P-value of the Anderson–Darling k-sample test, between 0.001 and 0.25.',
  number: onNumbers(({ reference, current }) => {
    const [low, high] = extent([...reference, ...current])
    return low < high && reference.length + current.length > 3
      ? andersonDarlingTest([reference, current]).pValue
      : null
  }),
})

const cvm = method('cvm', ['<=', 0.1], {
  kinds: numeric,
  describe: 'P-value of the two-sample Cramér–von Mises test, exact up to 20 values.',
  number: onNumbers(({ reference, current }) =>
    Math.min(reference.length, current.length) < 2 ? null : cvmTest(reference, current).pValue,
  ),
})

const eppsSingleton = method('epps-singleton', ['<', 0.05], {
  kinds: numeric,
  describe: 'P-value of Epps and Singleton’s test of the characteristic functions at two points.',
  number: onNumbers(
    ({ reference, current }) => eppsSingletonTest(reference, current)?.pValue ?? null,
  ),
})

const tvd = method('tvd', ['<', 0.1], {
  kinds: ['categorical'],
  describe: `P-value of the total variation distance by 1000 permutations, of ${mostDealtRows} rows a side at most.`,
  ...inSteps(function* (sample) {
    const values = presentValues(sample)
    return values && { value: yield* tvdPermutationP(values) }
  }),
})

const mmd = method('mmd', ['<', 0.1], {
  kinds: numeric,
  describe: `P-value of the mean discrepancy by 100 permutations, of ${mostComparedRows} rows a side at most.`,
  ...inSteps(function* (sample) {
    const values = presentNumbers(sample)
    const value = values && (yield* mmdPermutationP(values))
    return value === null ? null : { value }
  }),
})

/** Evidently looks at the size of the reference only, and at the values of both. */
function chooseTest(sample: PeerSample): PeerMethod {
  const values = presentValues(sample)
  const small = (values?.reference.length ?? 0) <= 1000
  const distinct = values === null ? 0 : distinctOf(values)
  if (sample.kind === 'numeric' && distinct > 5) return small ? ks : wasserstein
  if (!small) return js
  return distinct > 2 ? chi2 : z
}

/** Different values of both sides, counted as far as the choice goes. */
function distinctOf({ reference, current }: PresentValues<Value>): number {
  const seen = new Set<Value>()
  for (const side of [reference, current]) {
    for (const value of side) {
      seen.add(value)
      if (seen.size > 5) return seen.size
    }
  }
  return seen.size
}

/**
 * Evidently 0.7: the statistics of its `legacy` tests on cleaned samples, all of
 * numbers and categories. Left out are its two tests of texts, whose classifier
 * reads the words themselves.
 */
export const evidently: Peer = {
  name: 'evidently',
  methods: [
    psi,
    kl,
    js,
    hellinger,
    wasserstein,
    energy,
    ks,
    chi2,
    z,
    g,
    fisher,
    mannWhitney,
    t,
    ad,
    cvm,
    eppsSingleton,
    tvd,
    mmd,
  ],
  chooseTest,
  choices: [ks, wasserstein, js, chi2, z],
  dataset: (scores) => {
    const share = scores.filter(({ drifted }) => drifted === true).length / scores.length
    const drifted = Number(share >= datasetShare)
    return [
      { metric: shareMetric, method: `${shareMetric}/${version}`, value: share },
      {
        metric: verdictMetric,
        method: verdictMethod(version),
        value: drifted,
        judged: share,
        threshold: datasetShare,
      },
    ]
  },
}
