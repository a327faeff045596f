import { expect, test } from 'vitest'
import { budgetNotes } from '../../core/budget-notes.ts'
import type { ModelFile } from '../../core/model-spec.ts'
import { problemLine } from '../../core/problems.ts'
import { parseModelFile } from '../../core/validate-model.ts'

const model = `model: m
features: { amount: numeric }
window: 1h
baselines:
  training: { file: a.parquet }
  good: { range: { from: 2026-01-01T00:00:00Z, to: 2026-02-01T00:00:00Z } }
  opening: { first: { events: 10000, period: 7d } }
  recent: { trailing: 7d }
`

function problemsOf(more: string, head = model): string[] {
  const text = `${head}monitors:\n  - { name: x, metric: psi, ${more} }\n`
  const parsed = parseModelFile(text, { fileName: 'm' })
  return parsed.ok
    ? []
    : parsed.problems.map((problem) => problemLine(problem).replace(/^m:10:\d+ monitors\[0\]/, ''))
}

test.each([
  'critical: learnt',
  'critical: { learnt: {} }',
  'warn: "> 0.1", critical: learnt',
  'warn: learnt, critical: "> 0.1"',
  'warn: { learnt: { deviations: 2 } }, critical: { learnt: { deviations: 3 } }',
  'warn: { learnt: { deviations: 3, over: 7d } }, critical: { learnt: { deviations: 2 } }',
  'warn: { learnt: { deviations: 3, over: 28d, min_windows: 14, seasonal: none, side: below, center: median } }',
  'warn: { learnt: { seasonal: hour_of_week } }',
  'warn: { learnt: { seasonal: hour_of_week, over: 28d, min_windows: 4 } }',
  'warn: { learnt: { seasonal: hour_of_week, over: 28d, min_windows: 4 } }, window: 1d',
  'warn: { learnt: { from: good } }',
  'warn: { learnt: { from: opening, center: median } }',
])('a monitor may say { %s }', (more) => {
  expect(problemsOf(more)).toEqual([])
})

test.each([
  [
    'warn: learned',
    '.warn: found "learned"; allowed: an operator and a number in quotes, such as "> 0.2", learnt or { learnt }',
  ],
  [
    'warn: { learnt: { deviation: 2 } }',
    '.warn.learnt.deviation: unknown key "deviation"; did you mean "deviations"?',
  ],
  [
    'warn: { learnt: { deviations: 0 } }',
    '.warn.learnt.deviations: found 0; allowed: a number above 0 up to 100',
  ],
  [
    'warn: { learnt: { seasonal: day } }',
    '.warn.learnt.seasonal: found "day"; allowed: none or hour_of_week',
  ],
  [
    'warn: { learnt: { over: 13h } }',
    '.warn.learnt.over: 13h hold 13 windows of 1h, and min_windows is 14: it would never judge',
  ],
  [
    'warn: learnt, window: 7d',
    '.warn: 28d hold 4 windows of 7d, and min_windows is 14: it would never judge',
  ],
  [
    'critical: { learnt: { seasonal: hour_of_week, over: 28d } }',
    '.critical.learnt.over: 28d hold 4 windows of 1h in each hour of the week, and min_windows is 8: it would never judge',
  ],
  [
    'warn: { learnt: { seasonal: hour_of_week } }, window: 5h',
    '.warn.learnt: 84d hold 2 windows of 5h in each hour of the week, and min_windows is 8: it would never judge',
  ],
  [
    'warn: { learnt: { over: 401d } }',
    '.warn.learnt.over: 401d are more than metrics are kept: 400d',
  ],
  [
    'warn: { learnt: { from: goood } }',
    '.warn.learnt.from: no baseline "goood"; did you mean "good"?',
  ],
  [
    'warn: { learnt: { from: training } }',
    '.warn.learnt.from: "training" has no windows of its own; allowed: a range or first events',
  ],
  [
    'warn: { learnt: { from: recent } }',
    '.warn.learnt.from: "recent" has no windows of its own; allowed: a range or first events',
  ],
  [
    'warn: { learnt: { from: good, over: 28d } }',
    '.warn.learnt.over: over and from exclude each other: one past or the other',
  ],
  [
    'warn: { learnt: { deviations: 4 } }, critical: learnt',
    '.critical: critical learnt (3 deviations, both) is weaker than warn learnt (4 deviations, both)',
  ],
  [
    'warn: { learnt: { side: below } }, critical: "> 0.2"',
    '.critical: critical "> 0.2" and warn learnt (3 deviations, below) look in opposite directions',
  ],
])('a monitor that says { %s } is told so', (more, problem) => {
  expect(problemsOf(more)).toEqual([problem])
})

test.each([
  [
    'false_alarms: { budget: 0, per: 7d }',
    'false_alarms.budget: found 0; allowed: a number above 0',
  ],
  ['false_alarms: { budget: 1 }', 'false_alarms: "per" is missing'],
  [
    'correction: bonferoni',
    'correction: found "bonferoni"; allowed: benjamini-hochberg, bonferroni',
  ],
])('a model that says %s is told so, with its line', (line, problem) => {
  const [found = ''] = problemsOf('warn: "> 1"', model.replace('window: 1h', `window: 1h\n${line}`))
  expect(found).toContain(problem)
  expect(found).toMatch(/^m:4:/)
})

test('what a budget does not cover is said, and is no mistake', () => {
  const notes = (monitors: ModelFile['monitors']): string[] =>
    budgetNotes({ model: 'm', false_alarms: { budget: 1, per: '7d' }, monitors: monitors ?? [] }, [
      'missing_rate',
      'mean',
    ])
  const drift = { name: 'drift', metric: 'psi', warn: '> 0.1' } as const
  const gaps = { name: 'gaps', metric: 'missing_rate' }
  expect(notes([drift])).toEqual([])
  expect(notes([drift, { ...gaps, critical: 'learnt' }])).toEqual([])
  expect(notes([drift, { ...gaps, critical: '> 0.05' }])).toEqual([
    'monitor "gaps": missing_rate has no p-value, so false_alarms leaves it out; its fixed limit says how often it fires, "learnt" would follow what is usual',
  ])
  expect(notes([{ ...drift, alpha: 0.01 }])).toEqual([
    'false_alarms: no monitor watches a metric with a p-value: the budget has no effect',
    'monitor "drift" has an alpha of its own: false_alarms leaves it out',
  ])
  expect(
    budgetNotes({ model: 'm', monitors: [{ ...gaps, warn: '> 1' }] }, ['missing_rate']),
  ).toEqual([])
})
