import { describe, expect, test } from 'vitest'
import { rowScanMethods } from '../../../detectors/exact/row-methods.ts'
import { seeded, type Seeded } from '../../support/seeded.ts'
import { scanOf } from './scan-of.ts'

const list = (n: number, f: () => number): number[] => Array.from({ length: n }, f)
const draws = 600
const sizes = { n: 300, m: 120 }

/** Share of comparisons in which a method says p ≤ 0.05, and in which its value passes its noise floor. */
function alarms(draw: (random: Seeded) => number, shift: number): Map<string, [number, number]> {
  const random = seeded(23)
  const found = new Map(
    rowScanMethods.map(({ method }): [string, [number, number]] => [method, [0, 0]]),
  )
  for (let i = 0; i < draws; i++) {
    const scan = scanOf(
      list(sizes.n, () => draw(random)),
      list(sizes.m, () => draw(random) + shift),
    )
    for (const { method, score } of rowScanMethods) {
      const { value, pValue = NaN, noiseFloor = NaN } = score(scan)!
      const counts = found.get(method)!
      if (pValue <= 0.05) counts[0] += 1 / draws
      if (value > noiseFloor) counts[1] += 1 / draws
    }
  }
  return found
}

describe.each([
  ['normal', (random: Seeded) => random.normal()],
  ['exponential', (random: Seeded) => -Math.log(1 - random.next())],
  ['rounded to seven values', (random: Seeded) => Math.round(random.normal())],
  ['mostly zero', (random: Seeded) => (random.next() < 0.8 ? 0 : random.next())],
])('%s numbers', (_, draw) => {
  test('raise no more false alarms than stated, and are not silent either', () => {
    // Three standard errors of 600 draws.
    const most = 0.05 + 3 * Math.sqrt((0.05 * 0.95) / draws)
    for (const [method, [byP, byFloor]] of alarms(draw, 0)) {
      expect(byP, method).toBeLessThanOrEqual(most)
      expect(byFloor, method).toBeLessThanOrEqual(most)
      expect(byP, method).toBeGreaterThan(0.005)
    }
  })
})

test('a shift of half a deviation is found by all of them', () => {
  for (const [method, [byP]] of alarms((random) => random.normal(), 0.5))
    expect(byP, method).toBeGreaterThan(0.9)
})

test('p and noise floor judge alike', () => {
  for (const [method, [byP, byFloor]] of alarms((random) => random.normal(), 0.2))
    expect(Math.abs(byP - byFloor), method).toBeLessThan(0.05)
})

test('the same constant on both sides is no drift', () => {
  for (const { method, score } of rowScanMethods) {
    const same = score(scanOf([3, 3, 3], [3, 3]))
    expect(same?.pValue, method).toBe(1)
  }
})

test.each([
  [[1], [2]],
  [[1], [1]],
  [[1, 2], [3]],
])('tiny samples %j and %j have a finite answer or none', (reference, current) => {
  for (const { method, score } of rowScanMethods) {
    const found = score(scanOf(reference, current))
    for (const name of ['value', 'pValue', 'effect', 'noiseFloor'] as const)
      if (found !== null) expect(found[name], `${name} of ${method}`).toSatisfy(Number.isFinite)
  }
})
