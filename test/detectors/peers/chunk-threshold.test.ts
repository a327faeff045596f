import { expect, test } from 'vitest'
import { metricNames, untestedMetrics } from '../../../detectors/metric-names.ts'
import { peerMethods, peerMethodNamed, peerNamed } from '../../../detectors/peers/catalogue.ts'
import { chunkThreshold, equalParts } from '../../../detectors/peers/chunk-threshold.ts'
import { learntThreshold } from '../../../detectors/peers/nannyml.ts'
import { numberMetric, verdictMethod } from '../../../detectors/peers/peer-metrics.ts'
import type { PeerSample, PeerScore } from '../../../detectors/peers/peer.ts'
import { seeded } from '../../support/seeded.ts'

const random = seeded(5)
const reference = Array.from({ length: 600 }, () => random.normal())
const whole: PeerSample = { kind: 'numeric', reference, current: [] }
const ks = peerMethodNamed('ks/nannyml-0.13')!

test('a threshold is that of the values on the chunks', () => {
  const chunks = equalParts(reference)
  const values = chunks.map((current) => ks.number({ kind: 'numeric', reference, current })!.value)
  expect(chunkThreshold(ks, whole, chunks)).toBe(learntThreshold(values, 1))
})

test('of many chunks every k-th is compared, and chunks without a value do not count', () => {
  const chunks = Array.from({ length: 250 }, (_, i) => reference.slice(2 * i, 2 * i + 40))
  const third = chunks.filter((_, i) => i % 3 === 0)
  expect(chunkThreshold(ks, whole, chunks)).toBe(chunkThreshold(ks, whole, third))
  const holes = third.slice(0, 20).flatMap((chunk) => [chunk, [null, null]])
  expect(chunkThreshold(ks, whole, holes)).toBe(chunkThreshold(ks, whole, third.slice(0, 20)))
  expect(chunkThreshold(ks, whole, [[null]])).toBeNull()
})

test('parts are in order, lose nothing and differ by one at most', () => {
  expect(equalParts([1, 2, 3, 4, 5, 6, 7], 3)).toEqual([
    [1, 2],
    [3, 4],
    [5, 6, 7],
  ])
  expect(equalParts([1, 2])).toEqual([[1], [2]])
  expect(equalParts([])).toEqual([])
})

const scores = (drifted: readonly boolean[]): PeerScore[] =>
  drifted.map((is) => ({
    method: 'x',
    value: 0,
    judged: is ? 0.001 : 0.5,
    operator: '<',
    threshold: 0.05,
    drifted: is,
  }))

test.each([
  [[true, false], 0.5, 1],
  [[true, false, false], 1 / 3, 0],
])('Evidently’s data set with columns %j has a share of %d', (columns, share, verdict) => {
  const values = peerNamed('evidently')
    ?.dataset?.(scores(columns))
    .map(({ value }) => value)
  expect(values).toEqual([share, verdict])
})

test('alibi-detect asks more of each feature the more there are', () => {
  const judge = (columns: readonly boolean[]) =>
    peerNamed('alibi-detect')
      ?.dataset?.(scores(columns))
      .map(({ value }) => value)
  expect(judge([true, false])).toEqual([1, 1])
  expect(judge([true, ...new Array<boolean>(99).fill(false)])).toEqual([0, 0])
  expect(judge([true, true, true, ...new Array<boolean>(97).fill(false)])).toEqual([0, 1])
})

test('every number and every verdict can be watched, and only p-values beside a number are tests', () => {
  for (const peer of peerMethods) {
    for (const name of [peer.method, verdictMethod(peer.method), numberMetric(peer)])
      expect(metricNames).toContain(name)
    expect(untestedMetrics).toContain(verdictMethod(peer.method))
  }
  expect(untestedMetrics).toContain('ks/evidently-0.7')
  expect(untestedMetrics).not.toContain('ks/alibi-detect-0.12')
  expect(untestedMetrics).not.toContain('psi')
})
