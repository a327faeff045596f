import { expect, test } from 'vitest'
import { problemLine } from '../../core/problems.ts'
import { parseModelFile } from '../../core/validate-model.ts'

function problems(text: string): string[] {
  const parsed = parseModelFile(text, { fileName: 'm', metrics: ['psi', 'ks', 'ks/exact'] })
  return parsed.ok ? [] : parsed.problems.map(problemLine)
}

test('a model file needs no more than a name', () => {
  const parsed = parseModelFile('model: fraud', { fileName: 'm' })
  expect(parsed).toMatchObject({ ok: true, file: { model: 'fraud' }, spec: { windowMs: 300_000 } })
})

test('a model file may be JSON', () => {
  expect(problems('{"model": "fraud", "features": {"amount": "numeric"}}')).toEqual([])
})

test('syntax, schema and rules tell all problems in the order of the file', () => {
  const text = [
    'model: m',
    'task: regresion',
    'positive_class: 1',
    'features: { a: numeric, b: txt }',
    'slices: [c]',
    'window: 7m',
    'monitors:',
    '  - { name: x, metric: psii, baseline: b, warn: "> 1", critical: 2 }',
    '  - { name: y, metric: psi }',
    'bogus: 1',
  ].join('\n')
  const lines = problems(text).map((line) => Number(line.split(':')[1]))
  expect(lines).toEqual([2, 3, 4, 5, 6, 8, 9, 10])
})

test.each([
  ['no mapping', '[1]', 'm:1:1 found a list; allowed: { model, kind, task,'],
  ['no name', 'kind: model', 'm:1:1 "model" is missing'],
  [
    'a name of other characters',
    'model: "a;b"',
    'm:1:8 model: found "a;b"; allowed: a name of up to',
  ],
  [
    'a number for text',
    'model: 7',
    'm:1:8 model: found 7; allowed: a name of up to 128 letters, digits, _ . : - / or spaces: put it in quotes, "7"',
  ],
  [
    'a feature type that is none',
    'model: m\nfeatures: { a: int }',
    'm:2:16 features.a: found "int"; allowed: numeric, categorical, boolean or text, { type, min, max } or { embedding: [dimensions] }',
  ],
  [
    'a wrong key of a feature',
    'model: m\nfeatures: { a: { type: numeric, mim: 1 } }',
    'm:2:33 features.a.mim: unknown key "mim"; did you mean "min"?',
  ],
  [
    'a feature name that is none',
    'model: m\nfeatures: { "a;b": numeric }',
    'm:2:13 features["a;b"]: found the name "a;b"; allowed: a name of up to',
  ],
  [
    'a baseline of no kind',
    'model: m\nbaselines: { a: { fil: x } }',
    'm:2:17 baselines.a: found the keys fil; allowed: { file }, { range }, { trailing }, { version } or { first }',
  ],
  [
    'a baseline of two kinds',
    'model: m\nbaselines: { a: { file: x, trailing: 1d } }',
    'm:2:17 baselines.a: found the keys file and trailing; allowed: { file }',
  ],
  [
    'an empty baseline',
    'model: m\nbaselines: { a: {} }',
    'm:2:17 baselines.a: found an empty mapping; allowed: { file }',
  ],
  [
    'a wrong value in the meant kind of baseline',
    'model: m\nbaselines: { a: { first: { events: 5, period: 1d } } }',
    'm:2:36 baselines.a.first.events: found 5; allowed: a whole number from 100 to 1000000000',
  ],
  [
    'a time without zone',
    'model: m\nbaselines: { a: { range: { from: 2026-01-01T00:00:00, to: 2026-01-02T00:00:00Z } } }',
    'm:2:34 baselines.a.range.from: found "2026-01-01T00:00:00"; allowed: a time with its zone, such as',
  ],
  [
    'a duration that is none',
    'model: m\nwindow: 5 minutes',
    'm:2:9 window: found "5 minutes"; allowed: a duration such as 30s, 5m, 1h or 7d',
  ],
  [
    'a threshold without operator',
    'model: m\nmonitors: [{ name: x, metric: psi, warn: 0.2 }]',
    'm:2:42 monitors[0].warn: found 0.2; allowed: an operator and a number in quotes, such as "> 0.2"',
  ],
  [
    'a secret as such',
    'model: m\nactions: { a: { preset: webhook, url: "http://h", secret: geheim } }',
    'm:2:59 actions.a.secret: found [secret]; allowed: a reference such as ${env:WEBHOOK_SECRET} or',
  ],
  [
    'too many slices',
    `model: m\nfeatures: { a: numeric }\nslices: [${Array.from({ length: 11 }, () => 'a').join()}]`,
    'm:3:9 slices: found 11 entries; allowed: a list of up to 10:',
  ],
])('%s is told with what was found and what is allowed', (_, text, problem) => {
  const [first = ''] = problems(text)
  expect(first.slice(0, problem.length)).toBe(problem)
  expect(problems(text)).toHaveLength(1)
})

test.each([
  [
    'kind and task',
    'kind: software\ntask: regression',
    '3:7 task: kind software predicts nothing; allowed: none',
  ],
  [
    'positive class',
    'task: regression\npositive_class: "1"',
    '3:17 positive_class: only classification has a positive class; the task is regression',
  ],
  [
    'range of a feature',
    'features: { a: { type: numeric, min: 2, max: 1 } }',
    '2:38 features.a.min: min 2 is greater than max 1',
  ],
  [
    'range of no number',
    'features: { a: { type: boolean, min: 2 } }',
    '2:16 features.a: min and max are for numeric features; this one is boolean',
  ],
  [
    "the event's own names",
    'features: { score: numeric }',
    '2:13 features.score: "score" is the event\'s own score: take another name',
  ],
  [
    'base window',
    'window: 7m',
    '2:9 window: found 7m; allowed: what divides a day, such as 5m or 1h, or whole days',
  ],
  [
    'base window of days',
    'window: 36h',
    '2:9 window: found 36h; allowed: what divides a day, such as 5m or 1h, or whole days',
  ],
  [
    'wider windows',
    'window: 1h\nwindows: [1d, 90m]',
    '3:15 windows[1]: found 90m; allowed: multiples of the base window, 1h',
  ],
  [
    'narrower windows',
    'window: 1h\nwindows: [30m]',
    '3:11 windows[0]: found 30m; allowed: multiples of the base window, 1h',
  ],
  [
    'trailing baseline',
    'window: 1h\nbaselines: { a: { trailing: 90m } }',
    '3:29 baselines.a.trailing: found 90m; allowed: multiples of the base window, 1h',
  ],
  [
    'empty range',
    'baselines: { a: { range: { from: 2026-01-02T00:00:00Z, to: 2026-01-02T00:00:00Z } } }',
    '2:26 baselines.a.range: found an empty range: 2026-01-02T00:00:00Z is not before 2026-01-02T00:00:00Z',
  ],
  [
    'unknown slice',
    'features: { origin: categorical }\nslices: [orign]',
    '3:10 slices[0]: no feature "orign"; did you mean "origin"?',
  ],
  [
    'slice without features',
    'slices: [origin]',
    '2:10 slices[0]: no feature "origin"; the file declares no feature',
  ],
  [
    'slice twice',
    'features: { a: boolean }\nslices: [a, [a]]',
    '3:13 slices[1]: the slice by a is there twice',
  ],
  [
    'crossed slice twice',
    'features: { a: boolean }\nslices: [[a, tags.b], [tags.b, a]]',
    '3:23 slices[1]: the slice by tags.b and a is there twice',
  ],
  [
    'dimension twice',
    'features: { a: boolean }\nslices: [[a, a]]',
    '3:14 slices[0][1]: "a" is there twice',
  ],
  [
    'protocol',
    'actions: { a: { preset: webhook, url: "ftp://h" } }',
    '2:39 actions.a.url: found "ftp://h"; allowed: an http or https URL',
  ],
  [
    'no URL',
    'actions: { a: { preset: webhook, url: host } }',
    '2:39 actions.a.url: found "host"; allowed: an http or https URL',
  ],
  [
    'password in a URL',
    'actions: { a: { preset: webhook, url: "http://u:geheim@h" } }',
    '2:39 actions.a.url: a URL must not hold a user name or password: the file is stored and shown',
  ],
])('rule: %s', (_, text, problem) => {
  expect(problems(`model: m\n${text}`)).toEqual([`m:${problem}`])
})

test.each(['1m', '5m', '15m', '1h', '6h', '1d', '2d', '1w'])('%s is a base window', (window) => {
  expect(problems(`model: m\nwindow: ${window}`)).toEqual([])
})

test('a value that only becomes wrong by another one is blamed once', () => {
  expect(problems('model: m\nwindow: oops\nwindows: [7m]\n')).toHaveLength(1)
})

test('naming a baseline or action that is itself wrong is no further mistake', () => {
  const text = `model: m
baselines: { b: { fil: x } }
actions: { a: { preset: webhok, url: "http://h" } }
monitors: [{ name: x, metric: psi, warn: "> 1", baseline: b, actions: [a] }]`
  expect(problems(text).map((line) => line.split(':')[1])).toEqual(['2', '3'])
})

test('names come out in NFC, as events are read', () => {
  const parsed = parseModelFile('model: cafe\u0301', { fileName: 'm' })
  expect(parsed.ok && parsed.file.model).toBe('caf\u00e9')
})

test('a hostile file of many mistakes is answered with a bounded list', () => {
  const text = `model: m\n${Array.from({ length: 5000 }, (_, i) => `k${i}: 1\n`).join('')}`
  expect(problems(text)).toHaveLength(100)
})
