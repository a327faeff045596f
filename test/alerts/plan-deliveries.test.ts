import { expect, test } from 'vitest'
import { evaluateMonitor } from '../../alerts/evaluate-monitor.ts'
import { deliveryId, planDeliveries, type PlanInput } from '../../alerts/plan-deliveries.ts'
import type { TransitionRow } from '../../store/queries/transitions-row.ts'
import type { MetricRow } from '../../store/queries/metric-row.ts'
import { at, metricRow, plainLimits, policyOf, retrain } from './rows.ts'

const policy = policyOf()

function plan(rows: readonly MetricRow[], rest: Partial<PlanInput> = {}) {
  const { histories, writes } = evaluateMonitor({
    ...{
      model: 'fraud',
      policy: rest.policy ?? policy,
      configRevision: 1,
      from: at(0),
      now: at(99),
    },
    ...{ rows, previous: [], stored: [] as TransitionRow[], before: [] },
    limits: plainLimits(rest.policy ?? policy),
  })
  const deliveries = planDeliveries({
    ...{ model: 'fraud', policy, configRevision: 1, now: at(99), histories },
    ...{ actions: new Map([['retrain', retrain]]), told: new Map(), lastFiring: new Map() },
    ...rest,
  })
  return { deliveries, writes }
}

test('one window makes one delivery for all that fire and one for all that recover', () => {
  const rows = ['a', 'b', 'c', 'd'].flatMap((feature, i) => [
    metricRow(0, i < 2 ? 0.3 : 0.05, { feature }),
    metricRow(1, i < 2 ? 0.05 : 0.3, { feature }),
  ])
  const { deliveries } = plan(rows)
  expect(deliveries.map((row) => row.transitionIds.length)).toEqual([2, 2, 2])
  expect(deliveries.map((row) => /alert\.(\w+)/.exec(row.body)?.[1])).toEqual([
    'firing',
    'firing',
    'resolved',
  ])
})

test('planned rows wait in their order and their ids follow from their content', () => {
  const rows = [metricRow(0, 0.3), metricRow(1, 0.05)]
  const { deliveries, writes } = plan(rows)
  expect(deliveries.map((row) => row.createdAt)).toEqual([at(99), at(99) + 1])
  expect(deliveries.map((row) => row.deliveryId)).toEqual(
    writes.map((row) => deliveryId('retrain', [row.transitionId])),
  )
  expect(plan(rows).deliveries).toEqual(deliveries)
  expect(deliveries[0]).toMatchObject({ state: 'pending', attempts: 0, notAfter: null })
  expect(deliveries[0]?.deliveryId).toMatch(/^msg_[0-9a-f]{32}$/)
})

test('an id does not hang on the order of the transitions, and differs between actions', () => {
  expect(deliveryId('a', ['x', 'y'])).toBe(deliveryId('a', ['y', 'x']))
  expect(deliveryId('a', ['x'])).not.toBe(deliveryId('b', ['x']))
})

test('every action of the monitor is told; one that does not exist is nobody', () => {
  const both = policyOf({ actions: ['retrain', 'page', 'ghost'] })
  const actions = new Map([
    ['retrain', retrain],
    ['page', retrain],
  ])
  const { deliveries } = plan([metricRow(0, 0.3)], { policy: both, actions })
  expect(deliveries.map((row) => row.action)).toEqual(['retrain', 'page'])
})

test('how long a notice is worth sending counts from when the transition was found', () => {
  const actions = new Map([['retrain', { ...retrain, not_after: '1h' }]])
  const { deliveries } = plan([metricRow(0, 0.3)], { actions })
  expect(deliveries).toMatchObject([{ state: 'pending', notAfter: at(100) }])
})

test('a transition found too long ago is cancelled at once', () => {
  const actions = new Map([['retrain', { ...retrain, not_after: '1h' }]])
  const { deliveries } = plan([metricRow(0, 0.3)], { actions, now: at(101) })
  expect(deliveries).toMatchObject([{ state: 'cancelled', lastError: 'not_after' }])
})

test('the evidence of a transition lets anybody judge it again', () => {
  const { writes } = plan([metricRow(0, 0.3, { pValue: 0.01, pAdjusted: 0.02 })])
  expect(JSON.parse(writes[0]!.evidence)).toEqual({
    metric: 'psi',
    method: 'psi/jeffreys',
    baseline: 'training',
    value: 0.3,
    p_value: 0.01,
    p_adjusted: 0.02,
    effect: 0.3,
    noise_floor: 0.01,
    threshold: '> 0.2',
    alpha: 0.05,
    min_samples: 100,
    n_reference: 1000,
    n_current: 500,
    label_coverage: null,
    revision: 1,
    for: '1 of 1',
    reason: 'enough_critical',
    windows: [{ start: '2026-11-01T00:00:00.000Z', verdict: 'critical' }],
    config_revision: 1,
  })
})

test('of several methods that judge one window the gravest counts', () => {
  const { writes } = plan([
    metricRow(0, 0.15, { method: 'psi/a' }),
    metricRow(0, 0.3, { method: 'psi/b' }),
  ])
  expect(writes).toMatchObject([{ to: 'critical' }])
})

test('a series whose rows are no longer watched keeps its state', () => {
  const first = plan([metricRow(0, 0.3)])
  const { writes } = evaluateMonitor({
    ...{ model: 'fraud', policy, configRevision: 1, from: at(0), now: at(99) },
    ...{ rows: [metricRow(0, 0.05, { feature: 'other' })], previous: [], before: [] },
    limits: plainLimits(policy),
    stored: first.writes,
  })
  expect(writes).toEqual([])
})

test('an alert that falls back to pending after a long silence is resolved', () => {
  const slow = policyOf({ for: '2 of 2' })
  const rows = [metricRow(0, 0.3), metricRow(1, 0.3), metricRow(500, 0.3)]
  const { deliveries, writes } = plan(rows, { policy: slow })
  expect(writes.map((row) => row.to)).toEqual(['pending', 'critical', 'pending'])
  expect(deliveries.map((row) => row.transitionIds[0]?.split('_')[3])).toEqual(['critical', 'ok'])
})
