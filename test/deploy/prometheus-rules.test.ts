import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { declaredMetrics } from '../../bin/metrics-page.ts'
import { describePrometheus, promtool } from '../support/prometheus.ts'

interface Rule {
  readonly alert?: string
  readonly record?: string
  readonly expr: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}

const files = ['recording', 'alerts'].map((name) => `deploy/prometheus/rules/${name}.yaml`)
const rules = files.flatMap((file) => {
  const { groups } = parse(readFileSync(file, 'utf8')) as { groups: { rules: Rule[] }[] }
  return groups.flatMap((group) => group.rules)
})
const alerts = rules.filter(({ alert }) => alert !== undefined)

/** What Prometheus itself and the default metrics of a Node process bring. */
const foreign = ['process_start_time_seconds', 'nodejs_eventloop_lag_p99_seconds', 'up']

/** Names of time series in an expression: those of metrics and of recording rules. */
function seriesIn(expr: string): string[] {
  const bare = expr.replaceAll(/\{[^}]*\}|\b(?:by|on|without) \([^)]*\)|\[[^\]]*\]/g, ' ')
  return [...bare.matchAll(/\b(?:[a-z]+:)?(?:tidegauge|process|nodejs)_[a-z0-9_:]+|\bup\b/g)].map(
    ([name]) => name,
  )
}

test('rules ask only for metrics and labels that the service has', () => {
  const metrics = new Map(declaredMetrics().map((metric) => [metric.name, metric]))
  const recorded = new Set(rules.map(({ record }) => record))
  const named = rules.flatMap(({ expr }) => seriesIn(expr))
  expect(named.length).toBeGreaterThan(40)
  const unknown = named.filter(
    (name) =>
      !foreign.includes(name) &&
      !recorded.has(name) &&
      !metrics.has(name.replace(/_(?:bucket|count|sum)$/, '')) &&
      !metrics.has(name),
  )
  expect(unknown).toEqual([])
  const labels = rules
    .flatMap(({ expr }) => [...expr.matchAll(/(tidegauge_\w+)\{(\w+)=/g)])
    .filter(
      ([, name = '', label = '']) =>
        !metrics.get(name.replace(/_(?:bucket|count|sum)$/, ''))?.labelNames.includes(label),
    )
  expect(labels.map(([text]) => text)).toEqual([])
})

test('every alert says how bad it is, what happens, and where the page about it is', () => {
  expect(alerts.length).toBeGreaterThan(20)
  for (const { alert, labels, annotations } of alerts) {
    expect(['critical', 'warning']).toContain(labels?.['severity'])
    expect(annotations).toMatchObject({
      summary: expect.stringMatching(/^.{10,120}$/) as unknown,
      description: expect.stringMatching(/.{20}/) as unknown,
      runbook_url: expect.stringMatching(new RegExp(`/docs/runbook/${alert}\\.md$`)) as unknown,
    })
  }
})

test('every alert has its page with what to do, in the index, and no page is without an alert', () => {
  const index = readFileSync('docs/runbook.md', 'utf8')
  const names = alerts.map(({ alert = '' }) => alert)
  expect(new Set(names).size).toBe(names.length)
  const pages = readdirSync('docs/runbook').map((file) => file.replace(/\.md$/, ''))
  expect(pages.toSorted()).toEqual(names.toSorted())
  for (const { alert = '', labels } of alerts) {
    const page = readFileSync(`docs/runbook/${alert}.md`, 'utf8')
    for (const part of ['means', 'costs', 'First', 'Mend it', 'over when'])
      expect(page).toMatch(new RegExp(`^## .*${part}`, 'm'))
    expect(page).toContain(`Severity \`${labels?.['severity']}\``)
    const commands = /```sh\n([\s\S]*?)```/.exec(page)?.[1] ?? ''
    expect(commands.trim().split('\n')).toHaveLength(3)
    expect(index).toContain(`(runbook/${alert}.md)`)
  }
})

test('the metrics that runbook pages name are those of the service or of its rules', () => {
  const known = new Set([
    ...declaredMetrics().map(({ name }) => name),
    ...rules.map(({ record }) => record ?? ''),
  ])
  const unknown = alerts.flatMap(({ alert = '' }) => {
    const page = readFileSync(`docs/runbook/${alert}.md`, 'utf8')
    const named = [...page.matchAll(/`(?:[a-z]+\()?((?:[a-z]+:)?tidegauge_[a-z0-9_:]+)/g)]
    return named
      .map(([, name = '']) => name.replace(/_(?:bucket|count|sum)$/, ''))
      .filter((name) => !known.has(name) && !known.has(`${name}:sum`))
      .map((name) => `${alert}: ${name}`)
  })
  expect(unknown).toEqual([])
})

test('each alert is tried on data', () => {
  const tests = readFileSync('deploy/prometheus/tests/rules.test.yaml', 'utf8')
  expect(alerts.filter(({ alert }) => !tests.includes(`alertname="${alert}"`))).toEqual([])
})

describePrometheus('rules', () => {
  test('are what Prometheus takes', () => {
    for (const file of files) expect(existsSync(file)).toBe(true)
    const answer = promtool(['check', 'rules', '--lint=all', '--lint-fatal', ...files])
    expect(answer.said).not.toContain('FAILED')
    expect(answer.status).toBe(0)
  })

  test('are silent while all is well and fire when it is not', () => {
    const answer = promtool(['test', 'rules', 'deploy/prometheus/tests/rules.test.yaml'])
    expect(answer.said).toContain('SUCCESS')
    expect(answer.status).toBe(0)
  })
})
