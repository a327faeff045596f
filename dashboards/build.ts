import { alertsDashboard } from './alerts.dashboard.ts'
import type { ClassicDashboard } from './classic-dashboard.ts'
import { embedded } from './embedded.dashboard.ts'
import { featureDashboard } from './feature.dashboard.ts'
import { fleet } from './fleet.dashboard.ts'
import { modelDashboard } from './model.dashboard.ts'
import { pipeline } from './pipeline.dashboard.ts'
import { slicesDashboard } from './slices.dashboard.ts'
import { dashboard, type DashboardDefinition } from './layout.ts'

/** Every dashboard, in the order in which one goes from the whole to the part. */
export const definitions: readonly DashboardDefinition[] = [
  fleet,
  modelDashboard,
  featureDashboard,
  slicesDashboard,
  alertsDashboard,
  pipeline,
  embedded,
]

/** A dashboard as a file that Grafana provisions. */
export interface DashboardFile {
  /** From the root of the repository. */
  readonly path: string
  readonly dashboard: ClassicDashboard
  /** JSON, keys sorted: another order of the library's is no change of a dashboard. */
  readonly text: string
}

export const dashboardFiles = (): DashboardFile[] =>
  definitions.map((definition) => {
    const built = dashboard(definition)
    return {
      path: `deploy/grafana/dashboards/${built.uid ?? definition.key}.json`,
      dashboard: built,
      text: JSON.stringify(sorted(built)),
    }
  })

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  )
}
