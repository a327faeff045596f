import { annotations } from './annotations.ts'
import type { DashboardDefinition } from './layout.ts'
import { driftHeatmap, driftLines, driftTable } from './panels/model-drift.ts'
import {
  classes,
  labelCoverage,
  meanScore,
  others,
  performance,
  predictions,
  scores,
} from './panels/model-outputs.ts'
import {
  dataQuality,
  errorRate,
  latency,
  missing,
  outliers,
  strangest,
  traffic,
} from './panels/model-quality.ts'
import { modelAlerts, modelNumbers, monitorStates, versions } from './panels/model-state.ts'
import { baseline, metric, model, sourceVariables, variant, version, window } from './variables.ts'

export const modelDashboard: DashboardDefinition = {
  key: 'model',
  title: 'Model',
  description: 'One model: what fires, what drifts, what it answers, and whether it is right.',
  variables: [...sourceVariables, model, window, version, variant, baseline, metric],
  annotations,
  sections: [
    {
      title: 'Now',
      lines: [
        {
          height: 10,
          panels: [
            [modelAlerts(), 16],
            [modelNumbers(), 8],
          ],
        },
        { height: 8, panels: [[monitorStates(), 24]] },
      ],
    },
    {
      title: 'Drift',
      lines: [
        {
          height: 11,
          panels: [
            [driftHeatmap(), 12],
            [driftLines(), 12],
          ],
        },
        { height: 9, panels: [[driftTable(), 24]] },
      ],
    },
    {
      title: 'Answers',
      lines: [
        {
          height: 9,
          panels: [
            [predictions(), 8],
            [scores(), 8],
            [classes(), 8],
          ],
        },
        {
          height: 9,
          panels: [
            [performance(), 12],
            [labelCoverage(), 6],
            [meanScore(), 6],
          ],
        },
      ],
    },
    {
      title: 'Data quality',
      lines: [
        {
          height: 9,
          panels: [
            [dataQuality(), 12],
            [missing(), 12],
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
            [traffic(), 8],
            [latency(), 8],
            [errorRate(), 8],
          ],
        },
        { height: 7, panels: [[versions(), 24]] },
      ],
    },
    {
      title: 'Outliers',
      lines: [
        {
          height: 9,
          panels: [
            [outliers(), 12],
            [strangest(), 12],
          ],
        },
      ],
    },
    {
      title: 'Everything else',
      collapsed: true,
      lines: [{ height: 10, panels: [[others(), 24]] }],
    },
  ],
}
