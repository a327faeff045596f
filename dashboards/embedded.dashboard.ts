import type { DashboardDefinition } from './layout.ts'
import {
  alerts,
  drift,
  driftOverFloor,
  events,
  freshness,
  missing,
  overview,
} from './panels/embedded.ts'
import { cpu, failures, health, memory, rejected, throughput, webhooks } from './panels/pipeline.ts'
import { prometheusModels, prometheusVariables } from './prometheus-query.ts'

export const embedded: DashboardDefinition = {
  key: 'embedded',
  title: 'Embedded',
  description:
    'Models and service of an instance with the embedded store: Prometheus alone is enough for it.',
  since: 'now-6h',
  variables: [...prometheusVariables, prometheusModels],
  annotations: [],
  sections: [
    {
      title: 'Now',
      lines: [
        {
          height: 6,
          panels: [
            [overview(), 12],
            [health(), 12],
          ],
        },
      ],
    },
    {
      title: 'Models',
      lines: [
        {
          height: 9,
          panels: [
            [driftOverFloor(), 12],
            [drift(), 12],
            [missing(), 12],
            [alerts(), 12],
            [events(), 12],
            [freshness(), 12],
          ],
        },
      ],
    },
    {
      title: 'Service',
      lines: [
        {
          height: 8,
          panels: [
            [throughput(), 8],
            [rejected(), 8],
            [webhooks(), 8],
            [failures(), 8],
            [cpu(), 8],
            [memory(), 8],
          ],
        },
      ],
    },
  ],
}
