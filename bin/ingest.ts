import { Command, Option } from 'commander'
import { environment, loadConfig, type Config } from '../core/config.ts'
import { plainFormats } from '../core/decoding-schema.ts'
import { AppError } from '../core/errors.ts'
import { listed } from '../core/problems.ts'
import type { FileIngestOptions } from '../ingest/sources/file.ts'
import type { LoadSummary } from '../ingest/sources/load-tally.ts'
import { fileFormats, type FileFormat } from '../ingest/sources/open-file.ts'
import type { TableMapping } from '../ingest/sources/table-rows.ts'
import { fileEngine } from './file-engine.ts'
import { loadFile } from './load-file.ts'
import { loadReport, progressDisplay } from './load-report.ts'
import { uploadFile } from './upload-file.ts'

interface IngestOptions {
  readonly config?: string
  readonly data?: string
  readonly url?: string
  readonly key?: string
  readonly format?: FileFormat
  readonly decoding?: string
  readonly strict: boolean
  readonly model?: string
  readonly modelVersion?: string
  readonly modelVersionColumn?: string
  readonly variant?: string
  readonly variantColumn?: string
  readonly id?: string
  readonly ts?: string
  readonly prediction?: string
  readonly score?: string
  readonly label?: string
  readonly latency?: string
  readonly labelsOnly?: boolean
  readonly features?: readonly string[]
  readonly tags?: readonly string[]
}

/** How long a service that is busy or restarting is asked again, ms. */
const servicePatienceMs = 120_000

/** `ingest <file>`: loads history from a file, into the configured store or through a running service. */
export function ingestCommand(): Command {
  const command = new Command('ingest')
    .description('Load events from a file: NDJSON, CSV or Parquet (docs/how-to/load-files.md).')
    .argument('<file>', 'the file; text files may be gzip, name.csv.gz')
    .option('-c, --config <file>', 'configuration file (default: tidegauge.yaml if there is one)')
    .option('--data <directory>', 'data directory of the embedded engine')
    .addOption(
      new Option('--url <url>', 'send it to the service running there').conflicts([
        'config',
        'data',
      ]),
    )
    .addOption(
      new Option('--key <key>', 'API key with scope ingest; better given by the variable').env(
        'TIDEGAUGE_API_KEY',
      ),
    )
    .addOption(new Option('--format <format>', 'default: by the ending').choices(fileFormats))
    .addOption(
      new Option(
        '--decoding <name>',
        'lines are in this wire format, or as this entry of `decodings` says (default: native events)',
      ).conflicts(['url', 'model']),
    )
    .option('--strict', 'end with exit code 1 if anything was rejected', false)
  return withColumnOptions(command).action(async (path: string, options: IngestOptions) => {
    const table = tableMapping(options)
    const { format } = options
    const file = {
      path,
      ...(format === undefined ? {} : { format }),
      ...(table === null ? {} : { table }),
    }
    const { rejected } = await run(file, options)
    if (rejected > 0 && options.strict) process.exitCode = 1
  })
}

function withColumnOptions(command: Command): Command {
  return command
    .optionsGroup('Tables (CSV, Parquet): which column is what')
    .option('--model <name>', 'the model the rows belong to')
    .option('--model-version <version>', 'the version of every row')
    .option('--model-version-column <column>', 'or the column with it')
    .option('--variant <variant>', 'the variant of every row (default: live)')
    .option('--variant-column <column>', 'or the column with it')
    .option('--id <column>', "ids (default: made from the file and the row's number)")
    .option('--ts <column>', "times; without a zone, UTC (default: the file's own time)")
    .option('--prediction <column>', 'predictions')
    .option('--score <column>', 'scores')
    .option('--label <column>', 'ground truth')
    .option('--labels-only', 'rows are labels of events that are stored already, by --id')
    .option('--latency <column>', 'latencies in milliseconds')
    .option('--features <column...>', 'features (default: every column that is nothing else)')
    .option('--tags <column...>', 'tags')
}

/** Null where nothing is said of columns. */
function tableMapping(options: IngestOptions): TableMapping | null {
  const { modelVersion, modelVersionColumn, variant, variantColumn, features, tags } = options
  const { id, ts, prediction, score, label, labelsOnly, latency, model } = options
  const given = Object.entries({
    version: modelVersion,
    versionColumn: modelVersionColumn,
    ...{
      variant,
      variantColumn,
      id,
      ts,
      prediction,
      score,
      label,
      labelsOnly,
      latency,
      features,
      tags,
    },
  }).filter(([, value]) => value !== undefined)
  if (model !== undefined) return { model, ...Object.fromEntries(given) }
  if (given.length === 0) return null
  throw new AppError('FILE_INVALID', 'say by --model which model the rows belong to')
}

async function run(
  file: Omit<FileIngestOptions, 'signal'>,
  options: IngestOptions,
): Promise<LoadSummary> {
  const { url, key } = options
  const display = progressDisplay()
  const started = performance.now()
  const summary = await untilInterrupted((signal) => {
    const given = { ...file, signal }
    if (url === undefined) {
      const config = configOf(options)
      const decoded = { ...given, ...decodingOf(config, options.decoding) }
      return loadFile(config, decoded, display.show)
    }
    const service = {
      url,
      patienceMs: servicePatienceMs,
      ...(key === undefined ? {} : { key }),
    }
    return withFileEngine((engine) => uploadFile(service, { ...given, engine }, display.show))
  }).finally(() => {
    display.end()
  })
  const seconds = (performance.now() - started) / 1000
  console.log(loadReport(file.path, summary, { seconds, deadLetters: whereRejected(summary, url) }))
  return summary
}

function configOf({ config, data }: IngestOptions): Config {
  return loadConfig({
    env: environment(),
    ...(config === undefined ? {} : { file: config }),
    flags: { 'store.path': data },
  })
}

function decodingOf(
  { decodings }: Config,
  name: string | undefined,
): Pick<FileIngestOptions, 'decoding'> {
  if (name === undefined) return {}
  const known = [...plainFormats, ...Object.keys(decodings)]
  if (known.includes(name)) return { decoding: { name, settings: decodings[name] ?? null } }
  throw new AppError(
    'FILE_INVALID',
    `there is no decoding "${name}": there is ${listed(known, 'and')}`,
  )
}

function whereRejected({ topic }: LoadSummary, url: string | undefined): string {
  return url === undefined
    ? `rejected records are kept in table dead_letters, source file, topic ${topic}`
    : 'rejected records are kept by the service, GET /v1/dead-letters; damaged lines (invalid_row, invalid_encoding, event_too_large) were not sent'
}

async function withFileEngine<T>(
  work: (engine: ReturnType<typeof fileEngine>['open']) => Promise<T>,
): Promise<T> {
  const engine = fileEngine()
  try {
    return await work(engine.open)
  } finally {
    await engine.close()
  }
}

/** The first Ctrl-C ends the load in order, a second one the process. */
async function untilInterrupted<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController()
  const onSignal = (): void => {
    stop.abort()
  }
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal)
  try {
    return await work(stop.signal)
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
  }
}
