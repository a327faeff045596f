import { expect, test } from 'vitest'
import type { Metric, Results, Transition } from '../../bin/demo-results.ts'
import type { Replay } from '../../bin/demo-processes.ts'
import type { Screen } from '../../bin/demo-screen.ts'
import { demoReport } from '../../bin/demo-report.ts'
import {
  createAlertTeller,
  grouped,
  untilBreach,
  untilRecovery,
  type StoryDeps,
} from '../../bin/demo-story.ts'
import { fullPlan } from '../../bin/demo-plan.ts'

const transition = (over: Partial<Transition>): Transition => ({
  transition_id: 'tr_1',
  monitor: 'input-drift',
  version: '1',
  slice: '',
  feature: 'distance',
  window_start: '2001-05-02T00:00:00.000Z',
  window_end: '2001-05-03T00:00:00.000Z',
  from_state: 'pending',
  to_state: 'critical',
  evidence: { metric: 'psi', value: 0.37, threshold: '> 0.2' },
  created_at: '2026-01-01T00:00:01.000Z',
  ...over,
})

const ks = transition({
  transition_id: 'tr_2',
  monitor: 'distance-shape',
  evidence: { metric: 'ks', value: 0.22, threshold: '> 0.15' },
})

const metric = (over: Partial<Metric>): Metric => ({
  version: '2',
  window_start: '2001-05-16T00:00:00.000Z',
  window_end: '2001-05-17T00:00:00.000Z',
  slice: '',
  feature: 'distance',
  value: 0.001,
  n_current: 16_000,
  n_reference: 117_000,
  ...over,
})

function storyOf(found: { transitions?: Transition[]; psi?: Metric[]; ks?: Metric[] }): {
  deps: StoryDeps
  said: string[]
} {
  const said: string[] = []
  const results: Partial<Results> = {
    transitions: async () => found.transitions ?? [],
    metrics: async ({ metric }) => (metric === 'psi' ? found.psi : found.ks) ?? [],
    evaluated: async () => ({ windows: new Map([['1d', 148]]), metrics: 310_104 }),
  }
  const replay: Partial<Replay> = {
    progress: () => ({
      events: 2,
      labels: 2,
      rejected: 0,
      until: Date.UTC(2001, 4, 9),
      sendingMs: 1,
    }),
  }
  const screen: Partial<Screen> = { say: (text) => said.push(text) }
  const deps = { results, replay, screen, plan: fullPlan, signal: new AbortController().signal }
  return { deps: deps as unknown as StoryDeps, said }
}

test('the fault is found when both PSI and KS of all flights are critical', async () => {
  const { deps } = storyOf({ transitions: [transition({}), ks] })
  const moments = await untilBreach(deps, 0)
  expect(moments.map(({ what, detail }) => `${what}: ${detail}`)).toEqual([
    'PSI of distance critical: 0.370 > 0.2, day 2001-05-02',
    'KS of distance critical: 0.220 > 0.15, day 2001-05-02',
  ])
})

test.each([
  { name: 'no alert', transitions: [] },
  { name: 'only one statistic', transitions: [transition({})] },
  { name: 'a warning', transitions: [transition({ to_state: 'warn' }), ks] },
  { name: 'one airport', transitions: [transition({ slice: 'origin=ATL' }), ks] },
  { name: 'another feature', transitions: [transition({ feature: 'hour' }), ks] },
])('$name is not the fault found, and the error says how far the replay was', async (found) => {
  const { deps } = storyOf(found)
  await expect(untilBreach(deps, 0)).rejects.toThrow(
    'no alert on the injected fault within 0 s (the replay has reached 2001-05-09)',
  )
})

test('version 2 has recovered on a day without drift by either statistic', async () => {
  const { deps } = storyOf({
    psi: [metric({ n_current: 20 }), metric({ window_start: '2001-05-17T00:00:00.000Z' })],
    ks: [metric({ window_start: '2001-05-17T00:00:00.000Z' })],
  })
  const { detail } = await untilRecovery(deps, 0)
  expect(detail).toBe('PSI of distance 0.0010, day 2001-05-17')
})

test.each([
  { name: 'PSI still high', psi: [metric({ value: 0.3 })], ks: [metric({})] },
  { name: 'KS still high', psi: [metric({})], ks: [metric({ value: 0.2 })] },
  { name: 'KS not there yet', psi: [metric({})], ks: [] },
  { name: 'no value', psi: [metric({ value: null })], ks: [metric({})] },
])('$name is no recovery', async (found) => {
  await expect(untilRecovery(storyOf(found).deps, 0)).rejects.toThrow('no recovery within 0 s')
})

test('an alert is told once; one that never fired and those of slices are not', async () => {
  const { deps, said } = storyOf({
    transitions: [
      transition({}),
      transition({ transition_id: 'tr_3', slice: 'origin=ATL' }),
      transition({ transition_id: 'tr_4', to_state: 'pending' }),
      transition({ transition_id: 'tr_5', to_state: 'ok' }),
    ],
  })
  const teller = createAlertTeller(deps)
  await teller.look()
  await teller.look()
  expect(said).toEqual([
    'alert  critical  version 1  input-drift     distance      PSI 0.37  day 2001-05-02',
  ])
})

test('an alert says which bin made it, where its evidence does', async () => {
  const shares = { reference_share: 0.1, current_share: 0.62, change: 0.52, share: 0.8 }
  const evidence = {
    ...{ metric: 'psi', value: 0.37 },
    contributions: [{ kind: 'range', label: '≥ 900', ...shares }],
  }
  const { deps, said } = storyOf({ transitions: [transition({ evidence })] })
  await createAlertTeller(deps).look()
  expect(said[0]).toMatch(/day 2001-05-02 {2}≥ 900 10 % → 62 %$/)
})

test('the summary has no weeks that two versions share', async () => {
  const week = (version: string, start: string, value: number): Metric =>
    metric({
      version,
      value,
      window_start: `${start}T00:00:00.000Z`,
      window_end: `${start.slice(0, 8)}31T00:00:00.000Z`,
    })
  const { deps } = storyOf({
    psi: [
      week('1', '2001-03-01', 0.011),
      week('1', '2001-05-03', 0.37),
      week('1', '2001-05-10', 9.9),
      week('2', '2001-05-10', 8.8),
      week('2', '2001-05-17', 0.002),
    ],
  })
  const report = await demoReport(deps.results, {
    plan: fullPlan,
    sent: deps.replay.progress(),
    tookMs: 2000,
    moments: [{ what: 'FAULT INJECTED', at: 5000, detail: '' }],
    webhookMs: 339.4,
  })
  expect(report).toMatch(/the season by itself +2001-03-01 .* 0\.011$/m)
  expect(report).toMatch(/with the fault +2001-05-03 .* 0\.370$/m)
  expect(report).toMatch(/version 2 +2001-05-17 .* 0\.002$/m)
  expect(report).not.toMatch(/9\.9|8\.8/)
  expect(report).toContain('From the alert to its verified webhook: 339 ms')
  expect(report).toMatch(/^ {2}records a second, while sending +4 000$/m)
})

test.each([
  [0, '0'],
  [999, '999'],
  [1000, '1 000'],
  [1_234_567, '1 234 567'],
])('%d is written %s', (n, text) => {
  expect(grouped(n)).toBe(text)
})
