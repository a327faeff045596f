import { expect, test } from 'vitest'
import { adwin } from '../../../detectors/sequential/adwin.ts'
import {
  sequentialDetectorNamed,
  sequentialDetectors,
} from '../../../detectors/sequential/catalogue.ts'
import { cusum } from '../../../detectors/sequential/cusum.ts'
import { ddm } from '../../../detectors/sequential/ddm.ts'
import { allowedText, type Parameter } from '../../../detectors/sequential/detector.ts'
import { eddm } from '../../../detectors/sequential/eddm.ts'
import { ewma } from '../../../detectors/sequential/ewma.ts'
import { kswin } from '../../../detectors/sequential/kswin.ts'

test('parameters left out take their defaults, and the state tells them all', () => {
  const { method, params } = ddm.init({ warmStart: 50 })
  expect(method).toBe('ddm/strict')
  expect(params).toEqual({ warmStart: 50, warningThreshold: 2, driftThreshold: 3 })
})

test.each([
  [
    'an unknown parameter',
    () => ddm.init({ warmup: 3 } as never),
    'ddm/strict has no parameter warmup',
  ],
  [
    'a number out of range',
    () => ddm.init({ warmStart: 0 }),
    'warmStart to be a whole number from 1',
  ],
  ['a fraction for a count', () => ddm.init({ warmStart: 1.5 }), 'a whole number'],
  ['a number that is none', () => adwin.init({ delta: NaN }), 'a number above 0, up to 1'],
  ['text for a number', () => ddm.init({ warmStart: '9' } as never), 'warmStart'],
  [
    'an unknown choice',
    () => cusum.init({ mode: 'left' as never }),
    'mode to be up or down or both',
  ],
  ['null where none is meant', () => ddm.init({ warmStart: null } as never), undefined],
  ['half of a known level', () => cusum.init({ center: 1 }), 'center and deviation together'],
  ['half of a known level', () => ewma.init({ deviation: 1 }), 'center and deviation together'],
  ['a sample as large as its window', () => kswin.init({ statSize: 60 }), 'at most half'],
  ['a drift before its warning', () => eddm.init({ alpha: 0.5 }), 'beta to be at most alpha'],
])('init answers %s', (_, init, message) => {
  if (message === undefined) expect(init).not.toThrow()
  else expect(init).toThrow(message)
})

test('another detector’s state is refused', () => {
  expect(() => cusum.update(ewma.init() as never, 1)).toThrow(
    'cusum/tabular requires a state of its own',
  )
})

test('a metric means its first method', () => {
  expect(sequentialDetectorNamed('page_hinkley')?.method).toBe('page-hinkley/clamped')
  expect(sequentialDetectorNamed('page-hinkley/fading')?.metric).toBe('page_hinkley')
  expect(sequentialDetectorNamed('psi')).toBeUndefined()
})

test('the catalogue is whole: unique methods, a sentence, a source and a meaning for everything', () => {
  const methods = sequentialDetectors.map(({ method }) => method)
  expect(new Set(methods).size).toBe(methods.length)
  for (const detector of sequentialDetectors) {
    const { describe, literature, memory } = detector
    const parameters = detector.parameters as Readonly<Record<string, Parameter<unknown>>>
    expect(describe).toMatch(/\.$/)
    expect(literature).toMatch(/\d{4}/)
    expect(memory).not.toBe('')
    for (const parameter of Object.values(parameters)) {
      expect(parameter.meaning).toMatch(/\.$/)
      expect(allowedText(parameter)).not.toBe('')
    }
    expect(Object.keys(detector.init().params)).toEqual(Object.keys(parameters))
  }
})
