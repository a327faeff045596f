import { annotations } from './annotations.ts'
import type { DashboardDefinition } from './layout.ts'
import {
  contributions,
  detectors,
  featureAlerts,
  featureDrift,
  featureNow,
  featureQuality,
  featureSlices,
  quantiles,
  referenceAndCurrent,
  timesFloor,
} from './panels/feature.ts'
import {
  baseline,
  feature,
  metric,
  model,
  slice,
  sourceVariables,
  variant,
  version,
  window,
} from './variables.ts'

export const featureDashboard: DashboardDefinition = {
  key: 'feature',
  title: 'Feature',
  description: 'One feature of one model: whether it drifted, since when, and what changed in it.',
  variables: [
    ...sourceVariables,
    ...[model, window, version, variant, baseline, metric, feature, slice],
  ],
  annotations,
  sections: [
    {
      title: 'Now',
      lines: [
        {
          height: 8,
          panels: [
            [featureAlerts(), 14],
            [featureNow(), 10],
          ],
        },
        { height: 10, panels: [[featureDrift(), 24]] },
      ],
    },
    {
      title: 'What changed',
      lines: [
        {
          height: 10,
          panels: [
            [referenceAndCurrent(), 14],
            [contributions(), 10],
          ],
        },
        {
          height: 9,
          panels: [
            [quantiles(), 12],
            [featureQuality(), 12],
          ],
        },
      ],
    },
    {
      title: 'How sure',
      lines: [
        {
          height: 10,
          panels: [
            [detectors(), 14],
            [timesFloor(), 10],
          ],
        },
      ],
    },
    { title: 'Where', lines: [{ height: 9, panels: [[featureSlices(), 24]] }] },
  ],
}
