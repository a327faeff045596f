import { describe, expect, test } from 'vitest'
import { psi } from '../../../detectors/drift/psi.ts'
import { cvmTest } from '../../../detectors/exact/cvm.ts'
import { ksTest } from '../../../detectors/exact/ks.ts'
import { peerMethodNamed } from '../../../detectors/peers/catalogue.ts'
import { psiPlain } from '../../../detectors/peers/evidently-shares.ts'
import {
  equalWidthEdges,
  extent,
  histogramCounts,
} from '../../../detectors/peers/numpy-histogram.ts'
import { type PeerSample } from '../../../detectors/peers/peer.ts'
import golden from '../../fixtures/detectors/golden-drift.json' with { type: 'json' }
import { deciles, histogram } from '../sampling.ts'

const reference = golden.numeric.num_no_drift.reference
const numericCases = Object.entries(golden.numeric).map(([name, row]) => ({
  name,
  ...row,
  sample: { kind: 'numeric', reference, current: row.current } as PeerSample,
}))

const spread = (counts: Readonly<Record<string, number>>) =>
  Object.entries(counts).flatMap(([key, count]) => new Array<string>(count).fill(key))

interface Shares {
  readonly reference_counts: Readonly<Record<string, number>>
  readonly current_counts: Readonly<Record<string, number>>
}

const categorical = (row: Shares): PeerSample => ({
  kind: 'categorical',
  reference: spread(row.reference_counts),
  current: spread(row.current_counts),
})

const categoricalCases = Object.entries(golden.categorical).map(([name, row]) => ({
  name,
  expected: row.expected,
  sample: categorical(row),
}))

const answer = (id: string, sample: PeerSample) => peerMethodNamed(id)!.number(sample)!

describe.each(numericCases)('$name', ({ sample, current, expected }) => {
  test.each([
    ['psi/evidently-0.7', expected.evidently.psi],
    ['kl/evidently-0.7', expected.evidently.kl_div],
    ['js/evidently-0.7', expected.evidently.jensenshannon_base_e],
    ['hellinger/evidently-0.7', expected.evidently.hellinger],
    ['wasserstein/evidently-0.7', expected.evidently.wasserstein_norm],
    ['energy/evidently-0.7', expected.evidently.energy],
    ['ks/evidently-0.7', expected.evidently.ks_pvalue],
    ['t/evidently-0.7', expected.evidently.t_test_p],
    ['mann-whitney/evidently-0.7', expected.evidently.mannw_less_p],
    ['cvm/evidently-0.7', expected.evidently.cvm_p_asymp],
    ['js/nannyml-0.13', expected.nannyml.jensen_shannon_base2],
    ['hellinger/nannyml-0.13', expected.nannyml.hellinger],
    ['ks/nannyml-0.13', expected.nannyml.ks_D],
    ['wasserstein/nannyml-0.13', expected.nannyml.wasserstein],
    ['ks/alibi-detect-0.12', expected.alibi_detect.ks_D],
    ['linf/sagemaker-simple', expected.sagemaker_deequ.linf_simple],
    ['linf/sagemaker-robust', expected.sagemaker_deequ['linf_robust_1.8']],
    ['ks/deepchecks-0.19', expected.deepchecks.ks],
    ['wasserstein/deepchecks-0.19', expected.deepchecks['emd_trim2.5pct_minmax']],
  ])('%s is the published value', (id, value) => {
    expect(answer(id, sample).value).toBeCloseTo(value, 11)
  })

  test('alibi-detect’s p-value, in single precision', () => {
    const { judged } = answer('ks/alibi-detect-0.12', sample)
    expect(judged! / expected.alibi_detect.ks_p_asymp_float32).toBeCloseTo(1, 3)
    expect(judged).toBe(Math.fround(judged!))
  })

  test('ten equal bins of both samples, with one count more a bin or with a floor of 0.0001', () => {
    const edges = equalWidthEdges(...extent([...reference, ...current]), 10)
    const before = histogramCounts(reference, edges)
    const now = histogramCounts(current, edges)
    expect(psi(before, now, 1)).toBeCloseTo(
      expected['count_plus_one_10_equal_width_psi(Fiddler rule)'],
      10,
    )
    const share = (counts: readonly number[], n: number) =>
      counts.map((k) => (k === 0 ? 1e-4 : k / n))
    const plain = psiPlain(share(before, reference.length), share(now, current.length))
    expect(plain).toBeCloseTo(expected.radicalbit_psi_10_equal_width, 10)
  })

  test('deciles of the reference with one count more a bin', () => {
    const edges = deciles(reference)
    const value = psi(histogram(reference, edges), histogram(current, edges), 1)
    expect(value).toBeCloseTo(expected.phoenix_legacy.psi_decile_laplace, 10)
  })

  test('the exact tests that the peers rest on', () => {
    expect(ksTest(reference, current).pValue / expected.evidently.ks_pvalue).toBeCloseTo(1, 8)
    expect(cvmTest(reference, current).pValue / expected.evidently.cvm_p_asymp).toBeCloseTo(1, 3)
  })
})

describe.each(categoricalCases)('$name', ({ sample, expected }) => {
  test.each([
    ['psi/evidently-0.7', expected.evidently.psi],
    ['kl/evidently-0.7', expected.evidently.kl_div],
    ['js/evidently-0.7', expected.evidently.jensenshannon_base_e],
    ['hellinger/evidently-0.7', expected.evidently.hellinger],
    ['chi2/evidently-0.7', expected.evidently.chisquare_gof_p],
    ['js/nannyml-0.13', expected.nannyml.jensen_shannon_base2],
    ['linf/nannyml-0.13', expected.nannyml.l_infinity],
    ['hellinger/nannyml-0.13', expected.nannyml.hellinger],
    ['linf/vertex', expected.nannyml.l_infinity],
    ['chi2/nannyml-0.13', expected.alibi_nannyml_chi2_contingency.stat],
    ['chi2/alibi-detect-0.12', expected.alibi_nannyml_chi2_contingency.stat],
    ['psi/deepchecks-0.19', expected['deepchecks_psi_floor_0.01']],
    ['cramers-v/deepchecks-0.19', expected.deepchecks_cramers_v],
  ])('%s is the published value', (id, value) => {
    expect(answer(id, sample).value).toBeCloseTo(value, 9)
  })

  test('the p-values of the table', () => {
    const { p } = expected.alibi_nannyml_chi2_contingency
    expect(answer('chi2/nannyml-0.13', sample).judged! / p).toBeCloseTo(1, 9)
    expect(answer('chi2/alibi-detect-0.12', sample).judged! / p).toBeCloseTo(1, 6)
  })
})

test('Evidently’s z of the binary shift', () => {
  const { z_p: p } = golden.categorical.binary_shift.expected.evidently
  expect(answer('z/evidently-0.7', categoricalCases.at(-1)!.sample).value).toBeCloseTo(p, 12)
})
