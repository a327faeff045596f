import { annotations } from './annotations.ts'
import type { DashboardDefinition } from './layout.ts'
import {
  alertStates,
  alertSummary,
  allAlerts,
  attempts,
  attemptTime,
  changes,
  deliveriesTable,
  recovery,
  retrainingLoop,
  transitions,
} from './panels/alerts.ts'
import { models, sourceVariables } from './variables.ts'

export const alertsDashboard: DashboardDefinition = {
  key: 'alerts',
  title: 'Alerts and retraining',
  description: 'What fired, who was told, whether it arrived, and whether it helped.',
  since: 'now-7d',
  variables: [...sourceVariables, models],
  annotations,
  sections: [
    {
      title: 'Now',
      lines: [
        {
          height: 10,
          panels: [
            [allAlerts(), 16],
            [alertSummary(), 8],
          ],
        },
        { height: 10, panels: [[alertStates(), 24]] },
      ],
    },
    {
      title: 'What happened',
      lines: [
        {
          height: 10,
          panels: [
            [transitions(), 16],
            [[changes(), recovery()], 8],
          ],
        },
      ],
    },
    {
      title: 'Retraining',
      lines: [
        { height: 9, panels: [[retrainingLoop(), 24]] },
        { height: 9, panels: [[deliveriesTable(), 24]] },
        {
          height: 8,
          panels: [
            [attempts(), 12],
            [attemptTime(), 12],
          ],
        },
      ],
    },
  ],
}
