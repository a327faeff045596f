import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decide } from '../../alerts/decide.ts'
import type { Verdict } from '../../alerts/verdict.ts'

const verdicts: Readonly<Record<string, Verdict>> = {
  c: 'critical',
  w: 'warn',
  o: 'ok',
  '-': 'none',
}
const read = (text: string): Verdict[] => text.split('').map((letter) => verdicts[letter]!)

test.each<[rule: string, windows: string, state: string, reason: string]>([
  ['1 of 1', '', 'ok', 'not_judged'],
  ['1 of 1', '--', 'ok', 'not_judged'],
  ['1 of 1', 'o', 'ok', 'no_breach'],
  ['1 of 1', 'w', 'warn', 'enough_breaches'],
  ['1 of 1', 'c', 'critical', 'enough_critical'],
  ['1 of 1', 'co', 'ok', 'no_breach'],
  ['1 of 1', 'c-', 'critical', 'enough_critical'],
  ['2 of 3', 'c', 'pending', 'too_few_breaches'],
  ['2 of 3', 'ooc', 'pending', 'too_few_breaches'],
  ['2 of 3', 'oco', 'ok', 'no_breach'],
  ['2 of 3', 'oww', 'warn', 'enough_breaches'],
  ['2 of 3', 'wow', 'warn', 'enough_breaches'],
  ['2 of 3', 'wwo', 'warn', 'enough_breaches'],
  ['2 of 3', 'wwoo', 'ok', 'no_breach'],
  ['2 of 3', 'cow', 'warn', 'enough_breaches'],
  ['2 of 3', 'coc', 'critical', 'enough_critical'],
  ['2 of 3', 'c--c', 'critical', 'enough_critical'],
  ['3 of 3', 'ccw', 'warn', 'enough_breaches'],
])('%s after "%s" is %s', (rule, windows, state, reason) => {
  const [k = 0, n = 0] = rule.split(' of ').map(Number)
  expect(decide({ k, n }, read(windows))).toEqual({ state, reason })
})

const anyVerdict = fc.constantFrom<Verdict>('critical', 'warn', 'ok', 'none')

test('a window without a verdict never changes a state, wherever it comes', () => {
  fc.assert(
    fc.property(fc.array(anyVerdict), fc.integer({ min: 1, max: 4 }), fc.nat(4), (all, k, more) => {
      const judged = all.filter((verdict) => verdict !== 'none')
      const policy = { k, n: k + more }
      expect(decide(policy, all)).toEqual(decide(policy, judged))
    }),
  )
})
