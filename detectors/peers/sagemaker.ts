import { largestShareGap, samplingMargin } from '../drift/linf.ts'
import { ksTest } from '../exact/ks.ts'
import { deequChi2 } from './deequ-chi2.ts'
import { type Peer, type PeerMethod, type PeerSample } from './peer.ts'
import { presentNumbers, presentValues, valueCounts } from './present-values.ts'

/** Largest gap of the distribution functions of numbers, of the shares of categories. */
function largestGap(sample: PeerSample): { gap: number; n: number; m: number } | null {
  const values = presentValues(sample)
  if (values === null) return null
  const [n, m] = [values.reference.length, values.current.length]
  const numbers = presentNumbers(sample)
  if (numbers !== null) {
    return { gap: ksTest(numbers.reference, numbers.current, 'asymptotic').d, n, m }
  }
  const { reference, current } = valueCounts(values)
  return { gap: largestShareGap(reference, current), n, m }
}

const simple: PeerMethod = {
  metric: 'linf',
  method: 'linf/sagemaker-simple',
  kinds: ['numeric', 'categorical'],
  operator: '>',
  threshold: 0.1,
  describe: 'Largest gap of the distribution functions, or of one category’s share.',
  number: (sample) => {
    const found = largestGap(sample)
    return found && { value: found.gap }
  },
}

const robust: PeerMethod = {
  ...simple,
  method: 'linf/sagemaker-robust',
  describe: 'The same less 1.8·√((n+m)/(nm)), not below 0.',
  number: (sample) => {
    const found = largestGap(sample)
    return found && { value: Math.max(0, found.gap - samplingMargin(found.n, found.m)) }
  },
}

const chi2: PeerMethod = {
  metric: 'chi2',
  method: 'chi2/sagemaker',
  kinds: ['categorical'],
  operator: '<',
  threshold: 0.1,
  describe:
    'χ² against the reference’s shares, rare categories put together, judged by its p-value.',
  number: (sample) => {
    const values = presentValues(sample)
    const found = values === null ? null : deequChi2(valueCounts(values))
    return found && { value: found.statistic, judged: found.pValue }
  },
}

/**
 * SageMaker Model Monitor's `baseline_drift_check`, on exact distributions
 * instead of its KLL sketches; `comparison_method` Robust is its default, and
 * `categorical_drift_method` ChiSquared one that can be asked for.
 */
export const sagemaker: Peer = {
  name: 'sagemaker',
  methods: [simple, robust, chi2],
  chooseTest: () => robust,
}
