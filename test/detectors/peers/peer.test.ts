import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { alibiVerdict } from '../../../detectors/peers/alibi-detect.ts'
import { peerMethodNamed, peerNamed, peers } from '../../../detectors/peers/catalogue.ts'
import { fisherExact } from '../../../detectors/peers/evidently-tables.ts'
import { learntThreshold } from '../../../detectors/peers/nannyml.ts'
import {
  breaches,
  type PeerMethod,
  peerScore,
  type PeerSample,
} from '../../../detectors/peers/peer.ts'

const methods = peers.flatMap((peer) => peer.methods)

test.each([
  ['>', false],
  ['>=', true],
  ['<', false],
  ['<=', true],
] as const)('at the threshold itself %s says %s', (operator, drifted) => {
  expect(breaches(0.1, operator, 0.1)).toBe(drifted)
  const judged: PeerMethod = { ...methods[0]!, operator, number: () => ({ value: 0.1 }) }
  const sample: PeerSample = { kind: 'numeric', reference: [1], current: [1] }
  expect(peerScore(judged, sample, 0.1)?.drifted).toBe(drifted)
})

test.each([
  ['>', 0.11, 0.09],
  ['>=', 0.11, 0.09],
  ['<', 0.09, 0.11],
  ['<=', 0.09, 0.11],
] as const)('%s breaches on its own side alone', (operator, inside, outside) => {
  expect(breaches(inside, operator, 0.1)).toBe(true)
  expect(breaches(outside, operator, 0.1)).toBe(false)
})

test.each([
  ['psi/evidently-0.7', '>=', 0.1],
  ['kl/evidently-0.7', '>=', 0.1],
  ['js/evidently-0.7', '>=', 0.1],
  ['hellinger/evidently-0.7', '>=', 0.1],
  ['wasserstein/evidently-0.7', '>=', 0.1],
  ['energy/evidently-0.7', '>', 0.1],
  ['ks/evidently-0.7', '<=', 0.05],
  ['chi2/evidently-0.7', '<', 0.05],
  ['z/evidently-0.7', '<', 0.05],
  ['g/evidently-0.7', '<', 0.1],
  ['fisher/evidently-0.7', '<', 0.1],
  ['mann-whitney/evidently-0.7', '<', 0.05],
  ['t/evidently-0.7', '<', 0.05],
  ['ad/evidently-0.7', '<', 0.1],
  ['cvm/evidently-0.7', '<=', 0.1],
  ['epps-singleton/evidently-0.7', '<', 0.05],
  ['tvd/evidently-0.7', '<', 0.1],
  ['mmd/evidently-0.7', '<', 0.1],
  ['js/nannyml-0.13', '>', null],
  ['chi2/nannyml-0.13', '<', 0.05],
  ['ks/alibi-detect-0.12', '<', 0.05],
  ['linf/sagemaker-robust', '>', 0.1],
  ['chi2/sagemaker', '<', 0.1],
  ['ks/whylogs-1.6', '<', 0.05],
  ['hellinger/whylogs-1.6', '>=', 0.4],
  ['ks/deepchecks-0.19', '>=', 0.2],
  ['js/vertex', '>', 0.3],
] as const)('%s is drift when %s %s', (id, operator, threshold) => {
  expect(peerMethodNamed(id)).toMatchObject({ operator, threshold })
})

const number = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.double({ min: -1e6, max: 1e6 }),
  fc.constantFrom(null, undefined, Number.NaN, Infinity),
)
const category = fc.constantFrom('a', 'b', 'c', 'd', null, undefined)
const anySample: fc.Arbitrary<PeerSample> = fc.oneof(
  fc.record({
    kind: fc.constant('numeric' as const),
    reference: fc.array(number, { maxLength: 40 }),
    current: fc.array(number, { maxLength: 40 }),
  }),
  fc.record({
    kind: fc.constant('categorical' as const),
    reference: fc.array(category, { maxLength: 40 }),
    current: fc.array(category, { maxLength: 40 }),
  }),
)

describe.each(methods)('$method', (method) => {
  test('has a number or no answer for any samples, whatever their order', () => {
    fc.assert(
      fc.property(anySample, (sample) => {
        const score = peerScore(method, sample)
        if (score === null) return
        expect(score.value).toSatisfy(Number.isFinite)
        expect(score.value).toBeGreaterThanOrEqual(0)
        expect(peerScore(method, sample)).toEqual(score)
        if (method.draws === true) return
        const turned = {
          ...sample,
          reference: [...sample.reference].reverse(),
          current: [...sample.current].reverse(),
        } as PeerSample
        expect(peerScore(method, turned)!.value).toBeCloseTo(score.value, 6)
      }),
    )
  })

  test('has no answer when a side is empty or all missing', () => {
    for (const kind of method.kinds) {
      const value = kind === 'numeric' ? 1 : 'a'
      for (const none of [[], [null, undefined]]) {
        const sample = { kind, reference: new Array(20).fill(value), current: none } as PeerSample
        expect(peerScore(method, sample)).toBeNull()
      }
    }
  })
})

test('ids are unique and begin with their metric', () => {
  expect(new Set(methods.map(({ method }) => method)).size).toBe(methods.length)
  for (const { metric, method } of methods) expect(method.startsWith(`${metric}/`)).toBe(true)
  expect(peerMethodNamed('psi/nobody')).toBeUndefined()
  expect(peerNamed('nobody')).toBeUndefined()
})

test.each(peers)('$name chooses one of its own methods, of the right kind', (peer) => {
  fc.assert(
    fc.property(anySample, (sample) => {
      const chosen = peer.chooseTest(sample)
      expect(peer.methods).toContain(chosen)
      expect(chosen.kinds).toContain(sample.kind)
    }),
  )
})

test('alibi-detect’s corrections are strict', () => {
  expect(alibiVerdict([0.025, 0.5], 'bonferroni')).toEqual({ drifted: false, threshold: 0.025 })
  expect(alibiVerdict([0.0249, 0.5], 'bonferroni').drifted).toBe(true)
  expect(alibiVerdict([0.03, 0.04], 'fdr')).toEqual({ drifted: true, threshold: 0.05 })
  expect(alibiVerdict([0.05, 0.5], 'fdr')).toEqual({ drifted: false, threshold: 0.05 })
  expect(() => alibiVerdict([], 'fdr')).toThrow(RangeError)
})

test('a learnt threshold is cut at the metric’s limit and forgives empty chunks', () => {
  expect(learntThreshold([0.1, Number.NaN, 0.3])).toBeCloseTo(0.5, 12)
  expect(learntThreshold([0.2, 0.9], 1)).toBe(1)
  expect(learntThreshold([])).toBeNull()
})

test('Fisher’s exact test without anything to deal out is certain', () => {
  expect(fisherExact({ x: 0, n: 5, y: 0, m: 5 })).toBe(1)
  expect(fisherExact({ x: 5, n: 5, y: 0, m: 5 })).toBeCloseTo(2 / 252, 12)
})
