import { Command } from 'commander'
import { environment, readConfig, type Config } from '../core/config.ts'
import { problemLine } from '../core/problems.ts'
import { scrub } from '../core/secrets.ts'
import type { ModelSpec } from '../core/model-spec.ts'
import { colors } from './colors.ts'
import { accessFindings, configFindings } from './doctor-config.ts'
import { readContents, type Contents } from './doctor-contents.ts'
import { fail, looked, ok, type DoctorResult, type Finding } from './doctor-finding.ts'
import { kafkaFindings, registryFindings } from './doctor-kafka.ts'
import { readModelFiles } from './doctor-models.ts'
import { serviceFindings } from './doctor-readiness.ts'
import { openStoreForDoctor, storeFindings } from './doctor-store.ts'
import { webhookFindings } from './doctor-webhooks.ts'
import { tableText } from './table-text.ts'

interface DoctorOptions {
  readonly config?: string
  readonly data?: string
  readonly json?: true
}

/** `doctor`: looks at a deployment from outside and says what is wrong. Exit code 1 if anything fails. */
export function doctorCommand(): Command {
  return new Command('doctor')
    .description('Check a deployment: configuration, store, Kafka, webhooks, models.')
    .option('-c, --config <file>', 'configuration file (default: tidegauge.yaml if there is one)')
    .option('--data <directory>', 'data directory of the embedded engine')
    .option('--json', 'print one JSON object')
    .action(async (options: DoctorOptions) => {
      const findings = await examine(options)
      console.log(scrub(options.json === true ? jsonText(findings) : reportText(findings)))
      if (failed(findings)) process.exitCode = 1
    })
}

async function examine({ config: file, data }: DoctorOptions): Promise<readonly Finding[]> {
  const flags = { 'store.path': data }
  const { config, problems } = readConfig({
    env: environment(),
    flags,
    ...(file === undefined ? {} : { file }),
  })
  if (config === null)
    return problems.map((problem) =>
      fail('configuration', problemLine(problem), 'nothing else was looked at'),
    )
  const files = await readModelFiles(config)
  const [service, kafka, registries, store] = await Promise.all([
    serviceFindings(config),
    kafkaFindings(config),
    registryFindings(config),
    examineStore(config, new Set(files.specs.map(({ model }) => model))),
  ])
  const specs = distinctSpecs([...store.specs, ...files.specs])
  return [
    ok('configuration', 'valid'),
    ...configFindings(config),
    ...service,
    ...store.findings,
    ...accessFindings(config, store.activeKeys),
    ...kafka,
    ...registries,
    ...files.findings,
    ...(await webhookFindings(config, specs)),
  ]
}

type StoreReading = Omit<Contents, 'activeKeys'> & { readonly activeKeys: number | null }

async function examineStore(config: Config, files: ReadonlySet<string>): Promise<StoreReading> {
  const { store, findings, fresh } = await openStoreForDoctor(config)
  const unread = { findings, specs: [], activeKeys: fresh ? 0 : null }
  if (store === null) return unread
  try {
    const itself = await looked('store', 'its log', () => storeFindings(config, store))
    const known = { ...unread, findings: [...findings, ...itself] }
    const usable = itself.some(
      ({ check, detail }) => check === 'schema' && detail.includes('up to date'),
    )
    if (!usable) return known
    const read: Contents[] = []
    const within = await looked('models', 'the log of the store', async () => {
      read.push(await readContents(store, files))
      return read.flatMap((contents) => contents.findings)
    })
    return { ...unread, ...read[0], findings: [...known.findings, ...within] }
  } finally {
    await store.close()
  }
}

/** A file that is not stored yet says what will be; one that is, the same. */
function distinctSpecs(specs: readonly ModelSpec[]): readonly ModelSpec[] {
  return [...new Map(specs.map((spec) => [spec.model, spec])).values()]
}

const failed = (findings: readonly Finding[]): boolean =>
  findings.some(({ result }) => result === 'fail')

const jsonText = (findings: readonly Finding[]): string =>
  JSON.stringify({ ok: !failed(findings), checks: findings }, null, 2)

const painted: Readonly<Record<DoctorResult, (text: string) => string>> = {
  ok: colors.green,
  warn: colors.yellow,
  fail: colors.red,
  skip: colors.dim,
}

function reportText(findings: readonly Finding[]): string {
  const rows = findings.map(({ check, result, detail, remedy }) => [check, result, detail, remedy])
  const count = (wanted: DoctorResult): number =>
    findings.filter(({ result }) => result === wanted).length
  const verdict = failed(findings)
    ? painted.fail(`${count('fail')} to mend, ${count('warn')} to look at.`)
    : painted.ok(
        count('warn') === 0 ? 'All is well.' : `Nothing to mend, ${count('warn')} to look at.`,
      )
  return `${tableText(['check', 'result', 'what was found', 'what to do'], rows)}\n${verdict}`
}
