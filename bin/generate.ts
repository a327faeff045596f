import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { format, resolveConfig } from 'prettier'
import { dashboardFiles } from '../dashboards/build.ts'
import { chartFiles } from './chart-files.ts'
import { cliPage } from './cli-page.ts'
import { eventsPage } from './events-page.ts'
import { alertRulesFile, dashboardsPage } from './dashboards-page.ts'
import { metricsPage } from './metrics-page.ts'
import { publishedConfigSchema, publishedModelSchema } from './published-schemas.ts'
import { configPage, errorsPage, exampleConfig, modelFilePage } from './reference-pages.ts'

/** A committed file that is made from source. */
export interface GeneratedFile {
  /** From the root of the repository. */
  readonly path: string
  /** Its text; formatting is done here. */
  readonly render: () => string | Promise<string>
}

export const generatedFiles: readonly GeneratedFile[] = [
  { path: 'deploy/schemas/config.schema.json', render: publishedConfigSchema },
  { path: 'deploy/schemas/model.schema.json', render: publishedModelSchema },
  { path: 'deploy/tidegauge.example.yaml', render: exampleConfig },
  { path: 'docs/reference/config.md', render: configPage },
  { path: 'docs/reference/model-file.md', render: modelFilePage },
  { path: 'docs/reference/cli.md', render: cliPage },
  { path: 'docs/metrics.md', render: metricsPage },
  { path: 'docs/reference/events.md', render: eventsPage },
  { path: 'docs/errors.md', render: errorsPage },
  { path: 'docs/reference/dashboards.md', render: dashboardsPage },
  { path: 'deploy/grafana/provisioning/alerting/tidegauge.yaml', render: alertRulesFile },
  ...dashboardFiles().map(({ path, text }) => ({ path, render: () => text })),
  ...chartFiles(),
]

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** Writes what is stale below `directory`, or with `check` only tells. Answers the stale paths. */
export async function generate(
  files: readonly GeneratedFile[],
  { directory = root, check = false } = {},
): Promise<string[]> {
  const stale: string[] = []
  for (const file of files) {
    const path = join(directory, file.path)
    const text = await formatted(file)
    if (text === current(path)) continue
    stale.push(file.path)
    if (check) continue
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  }
  return stale
}

async function formatted({ path, render }: GeneratedFile): Promise<string> {
  const filepath = join(root, path)
  const options = await resolveConfig(filepath)
  return format(await render(), { ...options, filepath })
}

function current(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}

/** `npm run generate`, and `npm run check:generated` with `--check`. */
async function main(check: boolean): Promise<void> {
  const stale = await generate(generatedFiles, { check })
  if (!check) {
    for (const path of stale) console.log(`wrote ${path}`)
    return
  }
  if (stale.length === 0) return
  console.error(`not up to date: ${stale.join(', ')}\nrun: npm run generate`)
  process.exitCode = 1
}

const started = process.argv[1]
if (started !== undefined && pathToFileURL(started).href === import.meta.url) {
  await main(process.argv.includes('--check'))
}
