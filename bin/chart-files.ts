import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { dashboardFiles } from '../dashboards/build.ts'
import { chartValuesSchema } from './chart-values-schema.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const chart = 'deploy/helm/tidegauge'
const rules = 'deploy/prometheus/rules'

/**
 * What the Helm chart has of the rest of the repository. Helm reads no file outside a chart, so dashboards
 * and rules are copied into it, and a check keeps the copies what the originals are.
 */
export function chartFiles(): { readonly path: string; readonly render: () => string }[] {
  return [
    { path: `${chart}/values.schema.json`, render: chartValuesSchema },
    ...readdirSync(join(root, rules)).map((name) => ({
      path: `${chart}/files/rules/${name}`,
      render: () => readFileSync(join(root, rules, name), 'utf8'),
    })),
    ...dashboardFiles().map(({ path, text }) => ({
      path: `${chart}/files/dashboards/${basename(path)}`,
      render: () => text,
    })),
  ]
}
