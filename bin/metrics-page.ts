import Fastify from 'fastify'
import { Registry } from 'prom-client'
import { createAlertEvents } from '../alerts/events.ts'
import { addRequestMetrics } from '../api/request-metrics.ts'
import { createLogger } from '../core/log.ts'
import { createHaltEvents } from '../ingest/halt-events.ts'
import { createIngestEvents } from '../ingest/events.ts'
import { createKafkaEvents } from '../ingest/sources/kafka-events.ts'
import { createMonitorEvents } from '../monitor/events.ts'
import { createModelGauges } from '../monitor/model-gauges.ts'
import { generatedNote } from './reference-pages.ts'
import { declareBuildInfo } from './start.ts'

/** docs/metrics.md: every metric that this program declares, as it declares them. */
export function metricsPage(): string {
  const groups = declarations.map(groupText)
  return `${generatedNote('the metrics that each folder declares')}

# Metrics of the service

\`GET /metrics\` answers them for Prometheus; with API keys in use it needs one with scope \`read\` that is
bound to no model. They are about this process since its start. What Tidegauge finds out about models is
in table [\`metrics\`](data-model.md) and in the API; the newest of it is repeated here for alerting.

Besides, there are the usual \`process_*\` and \`nodejs_*\` metrics of a Node process. What to do when one of
these looks wrong: [runbook](runbook.md).

${groups.join('\n\n')}
`
}

/** What a metric of prom-client knows of itself; the package's types leave out the labels. */
interface Declared {
  readonly name: string
  readonly type: string
  readonly help: string
  readonly labelNames: readonly string[]
}

type Declare = (registry: Registry) => void

const log = createLogger({ level: 'silent', format: 'json' })

const declarations: readonly (readonly [title: string, declare: Declare])[] = [
  ['Ingest', (registry) => createIngestEvents(registry, log)],
  ['Kafka', (registry) => createKafkaEvents(registry, log, 1)],
  ['Halted partitions', (registry) => createHaltEvents(registry, log, 1)],
  ['Monitor', (registry) => createMonitorEvents(registry, log)],
  ['Alerts and webhooks', (registry) => createAlertEvents(log, registry)],
  [
    'API',
    (registry) => {
      addRequestMetrics(Fastify(), registry)
    },
  ],
  ['Models, newest evaluated window', (registry) => createModelGauges(registry, 1)],
  ['Process', declareBuildInfo],
]

function groupText([title, declare]: (typeof declarations)[number]): string {
  const registry = new Registry()
  declare(registry)
  const metrics = registry.getMetricsAsArray()
  const rows = metrics.map((metric) => {
    const { name, type, help, labelNames } = metric as unknown as Declared
    const labels = labelNames.map((label) => `\`${label}\``).join(', ')
    return `| \`${name}\` | ${type} | ${labels} | ${help.replaceAll('|', '\\|')} |`
  })
  return `## ${title}

| Metric | Type | Labels | What it tells |
| --- | --- | --- | --- |
${rows.join('\n')}`
}
