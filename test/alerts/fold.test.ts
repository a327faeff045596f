import { expect, test } from 'vitest'
import { fold, reachFactor } from '../../alerts/fold.ts'
import type { Verdict } from '../../alerts/verdict.ts'
import { at, hour } from './rows.ts'

const verdicts: Readonly<Record<string, Verdict>> = {
  c: 'critical',
  w: 'warn',
  o: 'ok',
  '-': 'none',
}
const windows = (text: string) =>
  text.split('').map((letter, i) => ({ windowStart: at(i), verdict: verdicts[letter]!, facts: i }))
interface Case {
  readonly k?: number
  readonly n?: number
  readonly from?: number
  readonly before?: 'ok' | 'warn'
}
const changes = (text: string, { k = 1, n = 1, from = 0, before = 'ok' }: Case = {}): string =>
  fold({ k, n, windowMs: hour }, windows(text), at(from), before)
    .map((transition) => `${transition.window.facts}:${transition.from}>${transition.to}`)
    .join(' ')

test('only changes of state are transitions', () => {
  expect(changes('oowwcco')).toBe('2:ok>warn 4:warn>critical 6:critical>ok')
  expect(changes('ooo')).toBe('')
})

test('windows without a verdict neither fire nor resolve', () => {
  expect(changes('w---w-o')).toBe('0:ok>warn 6:warn>ok')
  expect(changes('---')).toBe('')
})

test('k of n counts judged windows only', () => {
  expect(changes('w-w', { k: 2, n: 2 })).toBe('0:ok>pending 2:pending>warn')
  expect(changes('wo', { k: 2, n: 2 })).toBe('0:ok>pending 1:pending>ok')
})

test('windows before the changed range count among the n and are not decided again', () => {
  expect(changes('www', { k: 2, n: 2, from: 2, before: 'warn' })).toBe('')
  expect(changes('wwo', { k: 2, n: 2, from: 2, before: 'warn' })).toBe('2:warn>ok')
  expect(changes('oww', { k: 2, n: 2, from: 1 })).toBe('1:ok>pending 2:pending>warn')
})

test('a transition names the windows that decided it', () => {
  const last = fold({ k: 2, n: 3, windowMs: hour }, windows('o-cow'), at(0), 'ok').at(-1)
  expect(last).toMatchObject({ to: 'warn', reason: 'enough_breaches' })
  expect(last?.decidedBy).toEqual([
    { windowStart: at(2), verdict: 'critical' },
    { windowStart: at(3), verdict: 'ok' },
    { windowStart: at(4), verdict: 'warn' },
  ])
})

test('a breach of long ago does not count towards an alert of today', () => {
  const reach = reachFactor * 2
  const two = (gap: number) => [
    { windowStart: at(0), verdict: 'warn' as const, facts: null },
    { windowStart: at(gap), verdict: 'warn' as const, facts: null },
  ]
  const last = (gap: number) =>
    fold({ k: 2, n: 2, windowMs: hour }, two(gap), at(0), 'ok').at(-1)?.to
  expect(last(reach)).toBe('warn')
  expect(last(reach + 1)).toBe('pending')
})
