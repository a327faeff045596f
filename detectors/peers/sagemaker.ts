import { largestShareGap, samplingMargin } from '../drift/linf.ts'
import { ksTest } from '../exact/ks.ts'
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

/**
 * SageMaker Model Monitor's `baseline_drift_check`, on exact distributions
 * instead of its KLL sketches; `comparison_method` Robust is its default.
 */
export const sagemaker: Peer = {
  name: 'sagemaker',
  methods: [simple, robust],
  chooseTest: () => robust,
}
