import Fastify from 'fastify'
import { Registry } from 'prom-client'
import { createAlertEvents } from '../alerts/events.ts'
import { addRequestMetrics } from '../api/request-metrics.ts'
import { systemClock } from '../core/clock.ts'
import { createLogger } from '../core/log.ts'
import { createHaltEvents } from '../ingest/halt-events.ts'
import { createIngestEvents } from '../ingest/events.ts'
import { createKafkaEvents } from '../ingest/sources/kafka-events.ts'
import { createMonitorEvents } from '../monitor/events.ts'
import { createModelGauges } from '../monitor/model-gauges.ts'
import { generatedNote } from './reference-pages.ts'
import { declareBuildInfo } from './process-metrics.ts'
import { createStoreMetrics } from './store-metrics.ts'

/** docs/metrics.md: every metric that this program declares, as it declares them. */
export function metricsPage(): string {
  return `${generatedNote('the metrics that each folder declares')}

# Metrics of the service

\`GET /metrics\` answers them for Prometheus; with API keys in use it needs one with scope \`read\` that is
bound to no model. They are about this process since its start, and which ones there are depends on its
[roles](how-to/run-roles-separately.md). What Tidegauge finds out about models is in table
[\`metrics\`](data-model.md) and in the API; the newest of it is repeated here for alerting.

Besides, there are the usual \`process_*\` and \`nodejs_*\` metrics of a Node process. Rules that watch over
these metrics are in \`deploy/prometheus/rules\`; what to do when one of them fires:
[runbook](runbook.md). How to scrape them: [Prometheus](how-to/prometheus.md).

${roles.map(roleText).join('\n\n')}
`
}

/** One metric that the program declares. */
export interface DeclaredMetric {
  readonly name: string
  readonly type: string
  readonly help: string
  readonly labelNames: readonly string[]
}

/** Every metric of the program, in the order of docs/metrics.md. */
export const declaredMetrics = (): DeclaredMetric[] =>
  roles.flatMap(({ groups }) => groups.flatMap(([, declare]) => declaredBy(declare)))

type Declare = (registry: Registry) => unknown

const log = createLogger({ level: 'silent', format: 'json' })

interface Role {
  readonly title: string
  readonly groups: readonly (readonly [title: string, declare: Declare])[]
}

const unused = { store: null as never, clock: systemClock }

const roles: readonly Role[] = [
  {
    title: 'Every process',
    groups: [
      ['Process', declareBuildInfo],
      ['Store', (registry) => createStoreMetrics(registry, unused)],
      [
        'HTTP',
        (registry) => {
          addRequestMetrics(Fastify(), registry)
        },
      ],
    ],
  },
  {
    title: 'Role ingest',
    groups: [
      ['Events', (registry) => createIngestEvents(registry, log)],
      ['Kafka', (registry) => createKafkaEvents(registry, log, 1)],
      ['Halted partitions', (registry) => createHaltEvents(registry, log, 1)],
    ],
  },
  {
    title: 'Role monitor',
    groups: [
      ['Windows', (registry) => createMonitorEvents(registry, log)],
      ['Alerts and webhooks', (registry) => createAlertEvents(log, registry)],
      ['Models, newest evaluated window', (registry) => createModelGauges(registry, 1)],
    ],
  },
]

function roleText({ title, groups }: Role): string {
  return `## ${title}\n\n${groups.map(groupText).join('\n\n')}`
}

function groupText([title, declare]: Role['groups'][number]): string {
  const rows = declaredBy(declare).map(({ name, type, help, labelNames }) => {
    const labels = labelNames.map((label) => `\`${label}\``).join(', ')
    return `| \`${name}\` | ${type} | ${labels} | ${help.replaceAll('|', '\\|')} |`
  })
  return `### ${title}

| Metric | Type | Labels | What it tells |
| --- | --- | --- | --- |
${rows.join('\n')}`
}

function declaredBy(declare: Declare): DeclaredMetric[] {
  const registry = new Registry()
  declare(registry)
  // The package's types leave out what a metric knows of itself.
  return registry.getMetricsAsArray() as unknown as DeclaredMetric[]
}
