import { expect, test } from 'vitest'
import { problemLine } from '../../core/problems.ts'
import { parseModelFile } from '../../core/validate-model.ts'

const model = `model: m
features: { amount: numeric, country: categorical }
slices: [country, [country, tags.tier]]
window: 1h
baselines: { training: { file: a.parquet }, recent: { trailing: 7d } }
actions: { retrain: { preset: webhook, url: "http://h" } }
`
const metrics = ['psi', 'psi/decile-jeffreys', 'ks', 'missing_rate']

function problems(text: string): string[] {
  const parsed = parseModelFile(text, { fileName: 'm', metrics })
  return parsed.ok ? [] : parsed.problems.map(problemLine)
}

/** The problems of one monitor, which has a name, a metric and what the test gives it. */
function problemsOf(more: string): string[] {
  return problems(`${model}monitors:\n  - { name: x, metric: psi, ${more} }\n`).map((line) =>
    line.replace(/^m:8:\d+ monitors\[0\]/, ''),
  )
}

test.each([
  'warn: "> 0.1"',
  'critical: "<= -1.5e3"',
  'warn: ">= 0.1", critical: "> 0.1"',
  'warn: "< 0.9", critical: "< 0.8"',
  'warn: "> 1", features: [amount, prediction, score, "prediction=fraud"]',
  'warn: "> 1", slices: ["", "*"]',
  'warn: "> 1", slices: [country=DE, "country=a%3Db%2Cc,tags.tier=gold", "country="]',
  'warn: "> 1", window: 1d, for: 3 of 3, baseline: recent, actions: [retrain], alpha: 0.01',
])('a monitor may say { %s }', (more) => {
  expect(problemsOf(more)).toEqual([])
})

test.each([
  ['warn: "> 1", baseline: traning', '.baseline: no baseline "traning"; did you mean "training"?'],
  ['warn: "> 1", actions: [page]', '.actions[0]: no action "page"; allowed: retrain'],
  ['warn: "> 1", features: [amuont]', '.features[0]: no feature "amuont"; did you mean "amount"?'],
  ['warn: "> 1", window: 90m', '.window: found 90m; allowed: multiples of the base window, 1h'],
  ['min_samples: 5', ': neither warn nor critical is given: it would never fire'],
  ['warn: "> 0.2", critical: "> 0.1"', '.critical: critical "> 0.1" is weaker than warn "> 0.2"'],
  ['warn: "< 0.1", critical: "< 0.2"', '.critical: critical "< 0.2" is weaker than warn "< 0.1"'],
  ['warn: "> 0.2", critical: ">= 0.2"', '.critical: critical ">= 0.2" is weaker than warn "> 0.2"'],
  [
    'warn: "> 1", critical: "< 2"',
    '.critical: critical "< 2" and warn "> 1" look in opposite directions',
  ],
  ['warn: "> 1", for: 3 of 2', '.for: found "3 of 2": more than there are windows'],
  [
    'warn: "> 1", slices: [country]',
    '.slices[0]: found "country"; allowed: dimension=value[,dimension=value], "" or "*"',
  ],
  [
    'warn: "> 1", slices: ["country=a%zz"]',
    '.slices[0]: found "country=a%zz"; allowed: dimension=value[,dimension=value], "" or "*"',
  ],
  [
    'warn: "> 1", slices: ["city=X"]',
    '.slices[0]: no slice by city; declared under slices: country or country × tags.tier',
  ],
  [
    'warn: "> 1", slices: ["tags.tier=a,country=b"]',
    '.slices[0]: the declared order is country, tags.tier: write the dimensions in it',
  ],
  ['warn: "> 1", slices: ["", ""]', '.slices[1]: "" is there twice'],
])('a monitor that says { %s } is told so', (more, problem) => {
  expect(problemsOf(more)).toEqual([problem])
})

test('all mistakes of a monitor are told at once', () => {
  const more = 'warn: "> 2", critical: "> 1", for: 2 of 1, window: 7m, baseline: no, actions: [no]'
  expect(problemsOf(more)).toHaveLength(5)
})

test('two monitors have different names', () => {
  const one = '{ name: x, metric: psi, warn: "> 1" }'
  expect(problems(`model: m\nmonitors: [${one}, ${one}]`)).toEqual([
    'm:2:59 monitors[1].name: another monitor is called "x"',
  ])
})

test('metrics and detectors are known by name or method id', () => {
  const text = (metric: string, detector: string) =>
    `model: m\ndetectors: [${detector}]\nmonitors: [{ name: x, metric: ${metric}, warn: "> 1" }]`
  expect(problems(text('psi/decile-jeffreys', 'ks'))).toEqual([])
  expect(problems(text('misssing_rate', 'kss'))).toEqual([
    'm:2:13 detectors[0]: no metric "kss"; did you mean "ks"?',
    'm:3:31 monitors[0].metric: no metric "misssing_rate"; did you mean "missing_rate"?',
  ])
})

test('metric names are left alone where they are not known', () => {
  const text = 'model: m\nmonitors: [{ name: x, metric: anything, warn: "> 1" }]'
  expect(parseModelFile(text, { fileName: 'm' }).ok).toBe(true)
})

test('without baselines a monitor may name the one that is there all the same', () => {
  const text = 'model: m\nmonitors: [{ name: x, metric: psi, warn: "> 1", baseline: first }]'
  expect(problems(text)).toEqual([])
})
