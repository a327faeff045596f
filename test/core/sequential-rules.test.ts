import { expect, test } from 'vitest'
import { problemLine } from '../../core/problems.ts'
import { parseModelFile } from '../../core/validate-model.ts'
import { metricNames } from '../../detectors/metric-names.ts'
import { sequentialMethods } from '../../detectors/sequential/window-series.ts'

const head = 'model: m\nfeatures: { a: numeric }\nbaselines: { last: { trailing: 1d } }\n'
const parsed = (text: string) =>
  parseModelFile(head + text, {
    fileName: 'm.yaml',
    metrics: metricNames,
    sequential: sequentialMethods,
  })
const problems = (text: string): string[] => {
  const model = parsed(text)
  return model.ok ? [] : model.problems.map(problemLine)
}

test('an entry takes the default baseline, and its window is evaluated', () => {
  const model = parsed('sequential:\n  - { metric: psi, method: cusum, window: 2h }\n')
  if (!model.ok) throw new Error(model.problems.map(problemLine).join('\n'))
  expect(model.spec.sequential).toEqual([
    { baseline: 'last', metric: 'psi', method: 'cusum', window: '2h' },
  ])
  expect(model.spec.windowsMs).toContain(7_200_000)
})

test.each([
  {
    name: 'an unknown metric',
    entry: '{ metric: missing_rat, method: cusum }',
    found:
      'm.yaml:5:15 sequential[0].metric: no metric to follow "missing_rat"; did you mean "missing_rate"?',
  },
  {
    name: 'an unknown method',
    entry: '{ metric: psi, method: cusun }',
    found:
      'm.yaml:5:28 sequential[0].method: no sequential method for metric "cusun"; did you mean "cusum"?',
  },
  {
    name: 'an unknown parameter',
    entry: '{ metric: psi, method: cusum, parameters: { treshold: 4 } }',
    found:
      'm.yaml:5:49 sequential[0].parameters.treshold: cusum/tabular has no parameter "treshold"; allowed: minInstances, slack, threshold, mode, center, deviation',
  },
  {
    name: 'a parameter that is out of range',
    entry: '{ metric: psi, method: cusum, parameters: { slack: -1 } }',
    found: 'm.yaml:5:56 sequential[0].parameters.slack: found -1; allowed: a number from 0',
  },
  {
    name: 'parameters that do not go together',
    entry: '{ metric: psi, method: kswin, parameters: { windowSize: 20 } }',
    found:
      'm.yaml:5:47 sequential[0].parameters: kswin/exact requires statSize to be at most half of windowSize',
  },
  {
    name: 'a baseline that is not declared',
    entry: '{ metric: psi, method: cusum, baseline: lost }',
    found: 'm.yaml:5:45 sequential[0].baseline: no baseline "lost"; did you mean "last"?',
  },
])('$name is told with its line', ({ entry, found }) => {
  expect(problems(`sequential:\n  - ${entry}\n`)).toEqual([found])
})

test('a method that reads single answers follows no metric', () => {
  expect(problems('sequential: [{ metric: psi, method: eddm }]')).toHaveLength(1)
})

test('what a detector finds is not followed by another', () => {
  expect(problems('sequential: [{ metric: change_point, method: cusum }]')[0]).toContain(
    'no metric to follow "change_point"',
  )
})

test('the same results are asked for once', () => {
  const entry = '{ metric: psi, method: cusum, parameters: { slack: 1, threshold: 6 } }'
  const turned =
    '{ metric: psi, method: cusum/tabular, baseline: last, window: 5m, parameters: { threshold: 6, slack: 1, minInstances: 30 }, slices: ["*"] }'
  expect(problems(`sequential:\n  - ${entry}\n  - ${turned}\n`)).toEqual([
    'm.yaml:6:5 sequential[1]: the same is followed twice, by the same method',
  ])
})

const watching = (metric: string): string[] =>
  problems(
    `sequential: [{ metric: psi, method: cusum, parameters: { slack: 1 } }]\nmonitors: [{ name: w, metric: "${metric}", critical: ">= 1" }]`,
  )

test.each([
  'cusum',
  'change_point',
  'cusum/tabular(slack=1) of psi/decile-jeffreys',
  'change_point/cusum/tabular(slack=1) of psi/decile-jeffreys',
])('a monitor may watch %s', (metric) => {
  expect(watching(metric)).toEqual([])
})

test.each(['kswin', 'cusum/tabular of psi'])('a monitor that watches %s would never fire', (m) => {
  expect(watching(m)).toHaveLength(1)
})

test('an entry that is refused is not blamed on the monitor that watches it', () => {
  const text =
    'sequential: [{ metric: psi, method: 3 }]\nmonitors: [{ name: w, metric: cusum, critical: ">= 1" }]'
  expect(problems(text)).toHaveLength(1)
})

const stream = (entry: string, task = 'binary_classification'): string[] =>
  problems(`task: ${task}\nsequential:\n  - { stream: errors, ${entry} }\n`)

test.each(['ddm', 'eddm', 'hddm_a', 'hddm/weighted', 'adwin', 'page_hinkley'])(
  'errors of a classification may be followed by %s',
  (method) => {
    expect(stream(`method: ${method}`)).toEqual([])
  },
)

test.each([
  {
    name: 'distances are no share of anything',
    task: 'regression',
    entry: 'method: ddm',
    found: 'no sequential method for distances "ddm"',
  },
  {
    name: 'what predicts nothing errs nowhere',
    task: 'none',
    entry: 'method: ddm',
    found: 'the task is none; allowed: classification and regression',
  },
  {
    name: 'errors have no baseline',
    task: 'regression',
    entry: 'method: adwin, baseline: last',
    found: 'baseline: a stream of errors is of the whole model',
  },
  {
    name: 'one entry follows one thing',
    task: 'regression',
    entry: 'method: adwin, metric: psi',
    found: 'either `metric` or `stream`',
  },
])('$name', ({ task, entry, found }) => {
  expect(stream(entry, task).join('\n')).toContain(found)
})

test('an entry follows something', () => {
  expect(problems('sequential: [{ method: cusum }]')).toHaveLength(1)
})
