import { annotations } from './annotations.ts'
import type { DashboardDefinition } from './layout.ts'
import {
  errors,
  modelsTable,
  modelStates,
  rejected,
  silentModels,
  stateCounts,
  volume,
  worstDrift,
  wrongNow,
} from './panels/fleet.ts'
import { fleetMetric, fleetWindow, models, sourceVariables } from './variables.ts'

export const fleet: DashboardDefinition = {
  key: 'fleet',
  title: 'Fleet',
  description: 'All models at a glance: what is wrong, since when, and where to look next.',
  variables: [...sourceVariables, models, fleetWindow, fleetMetric],
  annotations,
  sections: [
    {
      title: 'Now',
      lines: [
        {
          height: 10,
          panels: [
            [wrongNow(), 16],
            [[stateCounts(), silentModels()], 8],
          ],
        },
        { height: 10, panels: [[modelStates(), 24]] },
      ],
    },
    { title: 'Models', lines: [{ height: 10, panels: [[modelsTable(), 24]] }] },
    { title: 'Drift', lines: [{ height: 10, panels: [[worstDrift(), 24]] }] },
    {
      title: 'Traffic',
      lines: [
        {
          height: 9,
          panels: [
            [volume(), 12],
            [errors(), 12],
          ],
        },
        { height: 8, panels: [[rejected(), 24]] },
      ],
    },
  ],
}
