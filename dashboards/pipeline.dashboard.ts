import type { DashboardDefinition } from './layout.ts'
import {
  behind,
  commits,
  cpu,
  evaluated,
  evaluation,
  failures,
  group,
  health,
  inserts,
  labels,
  lag,
  memory,
  pending,
  pressure,
  rejected,
  requests,
  throughput,
  transitions,
  webhooks,
  windowDelay,
} from './panels/pipeline.ts'
import { prometheusVariables } from './prometheus-query.ts'

export const pipeline: DashboardDefinition = {
  key: 'pipeline',
  title: 'Pipeline',
  description: 'The service itself: what needs a human, how far behind it is, and where time goes.',
  since: 'now-6h',
  variables: prometheusVariables,
  annotations: [],
  sections: [
    {
      title: 'Now',
      lines: [
        {
          height: 6,
          panels: [
            [health(), 14],
            [behind(), 10],
          ],
        },
      ],
    },
    {
      title: 'Ingest',
      lines: [
        {
          height: 8,
          panels: [
            [lag(), 8],
            [throughput(), 8],
            [rejected(), 8],
            [commits(), 8],
            [inserts(), 8],
            [pressure(), 8],
            [group(), 12],
            [labels(), 12],
          ],
        },
      ],
    },
    {
      title: 'Monitor',
      lines: [
        {
          height: 8,
          panels: [
            [windowDelay(), 12],
            [pending(), 12],
            [evaluation(), 12],
            [evaluated(), 12],
          ],
        },
      ],
    },
    {
      title: 'Alerts and API',
      lines: [
        {
          height: 8,
          panels: [
            [transitions(), 12],
            [webhooks(), 12],
            [requests(), 12],
            [failures(), 12],
          ],
        },
      ],
    },
    {
      title: 'Resources',
      lines: [
        {
          height: 8,
          panels: [
            [cpu(), 12],
            [memory(), 12],
          ],
        },
      ],
    },
  ],
}
