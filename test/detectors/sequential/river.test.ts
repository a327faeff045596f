import { expect, test } from 'vitest'
import { replay, sequentialDetectorNamed } from '../../../detectors/sequential/catalogue.ts'
import older from '../../fixtures/detectors/river-adwin-0.21.json' with { type: 'json' }
import oracle from '../../fixtures/detectors/river-detectors.json' with { type: 'json' }

const streams: Readonly<Record<string, readonly number[]>> = oracle.streams

interface Case {
  readonly method: string
  readonly params: object
  readonly stream: string
  readonly drifts: readonly number[]
  readonly warnings: readonly number[]
}

const cases: readonly Case[] = [...oracle.cases, ...older.cases]

function told(method: string, params: object, series: readonly number[]) {
  const detector = sequentialDetectorNamed(method)!
  const { changes } = replay(detector, detector.init(params), series)
  const places = (change: string) => changes.filter((c) => c.change === change).map(({ at }) => at)
  return { drifts: places('drift'), warnings: places('warning') }
}

test.each(cases)(
  '$method $params tells what the oracle tells on $stream',
  ({ method, params, stream, drifts, warnings }) => {
    expect(told(method, params, streams[stream]!)).toEqual({ drifts, warnings })
  },
)

// Indices that river's own tests have held since its first releases.
test.each([
  ['adwin/2', {}, [1055]],
  ['adwin/2', { afterDrift: 'keep' }, [1055, 1087, 1215]],
  ['page-hinkley/clamped', {}, [1020, 1991]],
  ['kswin/exact', { alpha: 1e-4, windowSize: 200, statSize: 100, seed: 42 }, [1042]],
])('%s %o drifts where river’s tests say', (method, params, drifts) => {
  expect(told(method, params, oracle.streams.integers).drifts).toEqual(drifts)
})

test('DDM drifts where river’s tests say', () => {
  expect(told('ddm', {}, oracle.streams.errors).drifts).toEqual([1049])
})

test('the oracle has drifts for every method but the clamped Page–Hinkley form', () => {
  const told = new Set(cases.filter(({ drifts }) => drifts.length > 0).map(({ method }) => method))
  expect([...told].sort()).toEqual([
    'adwin/2',
    'cusum/tabular',
    'ddm/strict',
    'eddm/distances',
    'ewma/adaptive',
    'hddm/averages',
    'hddm/weighted',
    'kswin/exact',
    'page-hinkley/fading',
  ])
})
