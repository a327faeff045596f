import { expect, test } from 'vitest'
import { reconcile, type ComputedTransition } from '../../alerts/reconcile.ts'
import { transitionId } from '../../alerts/series.ts'
import type { AlertState } from '../../core/names.ts'
import { at } from './rows.ts'

const computed = (window: number, to: AlertState, revision = 1): ComputedTransition => ({
  model: 'fraud',
  monitor: 'm',
  version: '7',
  variant: 'live',
  slice: '',
  feature: 'amount',
  windowStart: at(window),
  windowEnd: at(window + 1),
  transitionId: transitionId('abc', at(window), to),
  from: 'ok',
  to,
  evidence: `{"revision":${revision}}`,
  revision,
})
const first = reconcile([], [computed(3, 'warn')], 1000)

test('a transition that is not stored yet is new', () => {
  expect(first.writes).toMatchObject([{ valid: true, createdAt: 1000, changedAt: 1000 }])
  expect([...first.fresh]).toEqual([transitionId('abc', at(3), 'warn')])
})

test('the same again writes nothing', () => {
  const again = reconcile(first.writes, [computed(3, 'warn')], 2000)
  expect(again.writes).toEqual([])
  expect(again.fresh.size).toBe(0)
  expect(again.valid).toEqual(first.writes)
})

test('new evidence for the same transition replaces the row and keeps its age', () => {
  const revised = reconcile(first.writes, [computed(3, 'warn', 2)], 2000)
  expect(revised.writes).toMatchObject([{ revision: 2, createdAt: 1000, changedAt: 2000 }])
  expect(revised.fresh.size).toBe(0)
})

test('other windows behind the same number are new evidence too', () => {
  const other = { ...computed(3, 'warn'), evidence: '{"windows":[1]}' }
  expect(reconcile(first.writes, [other], 2000).writes).toMatchObject([other])
})

test('another state in the same window is a transition of its own', () => {
  const revised = reconcile(first.writes, [computed(3, 'critical')], 2000)
  expect(revised.writes).toMatchObject([{ to: 'critical', valid: true, createdAt: 2000 }])
  expect(revised.fresh.size).toBe(1)
})

test('a transition that never happened is withdrawn once, not deleted', () => {
  const withdrawn = reconcile(first.writes, [], 2000)
  expect(withdrawn.writes).toMatchObject([{ to: 'warn', valid: false, changedAt: 2000 }])
  expect(withdrawn.valid).toEqual([])
  expect(reconcile(withdrawn.writes, [], 3000).writes).toEqual([])
})

test('a transition that comes back after it was withdrawn holds again under its old id and age', () => {
  const withdrawn = reconcile(first.writes, [], 2000)
  const back = reconcile(withdrawn.writes, [computed(3, 'warn')], 3000)
  expect(back.writes).toMatchObject([{ valid: true, createdAt: 1000, changedAt: 3000 }])
})

test('a clock that was set back does not hide a change', () => {
  const revised = reconcile(first.writes, [computed(3, 'warn', 2)], 500)
  expect(revised.writes[0]?.changedAt).toBe(1001)
})
