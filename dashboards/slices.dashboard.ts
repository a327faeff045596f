import { annotations } from './annotations.ts'
import type { DashboardDefinition } from './layout.ts'
import {
  sliceHeatmap,
  sliceLines,
  slicePerformance,
  slicesCompared,
  sliceVolume,
  worstSlices,
} from './panels/slices.ts'
import {
  baseline,
  feature,
  metric,
  model,
  sourceVariables,
  variant,
  version,
  window,
} from './variables.ts'

export const slicesDashboard: DashboardDefinition = {
  key: 'slices',
  title: 'Slices',
  description: 'The parts of one model’s traffic: which is in trouble, and how they differ.',
  variables: [...sourceVariables, model, window, version, variant, baseline, metric, feature],
  annotations,
  sections: [
    { title: 'Now', lines: [{ height: 11, panels: [[worstSlices(), 24]] }] },
    {
      title: 'Drift of the chosen feature',
      lines: [
        {
          height: 11,
          panels: [
            [sliceHeatmap(), 12],
            [sliceLines(), 12],
          ],
        },
      ],
    },
    {
      title: 'Compared',
      lines: [
        {
          height: 10,
          panels: [
            [slicesCompared(), 14],
            [slicePerformance(), 10],
          ],
        },
        { height: 9, panels: [[sliceVolume(), 24]] },
      ],
    },
  ],
}
