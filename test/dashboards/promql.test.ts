import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { dashboardFiles } from '../../dashboards/build.ts'
import { describePrometheus, promtool } from '../support/prometheus.ts'
import { panelsOf, targetsOf } from './dashboard-queries.ts'

const expressions = dashboardFiles().flatMap(({ dashboard }) =>
  panelsOf(dashboard).flatMap((panel) =>
    targetsOf(panel).flatMap(({ expr, refId }) =>
      expr === undefined
        ? []
        : [[`${dashboard.uid ?? ''}: ${panel.title ?? ''} ${refId}`, expr] as const],
    ),
  ),
)

/** What Node and the process tell of themselves, by prom-client. */
const ofTheProcess = [
  'process_cpu_seconds_total',
  'process_resident_memory_bytes',
  'nodejs_eventloop_lag_p99_seconds',
  'nodejs_heap_size_used_bytes',
]

const catalogue = new Map(
  [
    ...readFileSync('docs/metrics.md', 'utf8').matchAll(/^\| `(\w+)` +\| (\w+) +\| (.*?) +\|/gm),
  ].map(([, name = '', type = '', labels = '']) => [
    name,
    { type, labels: [...labels.matchAll(/`(\w+)`/g)].map(([, label]) => label ?? '') },
  ]),
)

describe.each(expressions)('%s', (_, expr) => {
  const metrics = [...new Set(expr.match(/\b(?:tidegauge|process|nodejs)_\w+/g) ?? [])]

  test('names metrics that the service has, of the right type', () => {
    expect(metrics).not.toEqual([])
    for (const metric of metrics) {
      if (ofTheProcess.includes(metric)) continue
      const base = metric.replace(/_(bucket|count|sum)$/, '')
      const known = catalogue.get(metric) ?? catalogue.get(base)
      expect(known, metric).toBeDefined()
      if (known?.type === 'counter')
        expect(expr).toMatch(new RegExp(`(rate|increase)\\(${metric}\\{`))
      if (known?.type === 'gauge')
        expect(expr).not.toMatch(new RegExp(`(rate|increase)\\(${metric}`))
    }
  })

  test('groups by labels that the metric has', () => {
    for (const [, labels = '', inner = ''] of expr.matchAll(/by \(([^)]*)\) \((.*)$/g)) {
      const metric = /\b(?:tidegauge|process|nodejs)_\w+/.exec(inner)?.[0] ?? ''
      const known =
        catalogue.get(metric) ?? catalogue.get(metric.replace(/_(bucket|count|sum)$/, ''))
      const allowed = [...(known?.labels ?? []), 'le', 'instance']
      for (const label of labels.split(',')) expect(allowed).toContain(label.trim())
    }
  })
})

describePrometheus('the queries of dashboards', () => {
  test('are PromQL', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'tidegauge-promql-'))
    const rules = expressions.map(([, expr], index) => ({
      record: `dashboards:query_${index}`,
      expr: expr
        .replaceAll('$__rate_interval', '5m')
        .replaceAll('$__range', '1h')
        .replaceAll(/\$(instance|model)/g, '.*'),
    }))
    const file = join(directory, 'rules.yaml')
    await writeFile(file, stringify({ groups: [{ name: 'dashboards', rules }] }))
    const { status, said } = promtool(['check', 'rules', file])
    await rm(directory, { recursive: true })
    expect(said).toContain(`${rules.length} rules found`)
    expect(status).toBe(0)
  })
})
