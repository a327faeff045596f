import { Command, InvalidArgumentError, Option } from 'commander'
import { AppError } from '../core/errors.ts'
import { serviceAddress, withServiceOptions, type ServiceOptions } from './service-options.ts'
import { askService } from './service-request.ts'
import { tableText } from './table-text.ts'

/** A baseline as the API publishes it. */
interface Baseline {
  readonly baseline: string
  readonly kind: string
  readonly version: string
  readonly revision: number
  readonly status: string
  readonly detail: string
  readonly n: number
  readonly changed_at: string
}

interface CreateOptions extends ServiceOptions {
  readonly file?: string
  readonly from?: string
  readonly to?: string
  readonly trailing?: string
  readonly ofVersion?: string
  readonly first?: number
  readonly period?: string
  readonly forVersion?: string
}

/** `baseline list | create`: what current data is compared with. */
export function baselineCommand(): Command {
  const command = new Command('baseline').description(
    'Look at and make baselines: what current data is compared with.',
  )
  command.addCommand(listCommand())
  command.addCommand(createCommand())
  return command
}

function listCommand(): Command {
  const command = new Command('list')
    .description('The baselines of a model, each in its newest revision.')
    .argument('<model>', 'name of the model')
  return withServiceOptions(command, 'read').action(
    async (model: string, options: ServiceOptions) => {
      const answer = await askService(serviceAddress(options), { path: baselinesPath(model) })
      const { baselines } = answer as { baselines: readonly Baseline[] }
      print(options, baselines, baselines)
    },
  )
}

function createCommand(): Command {
  const command = new Command('create')
    .description(
      'Make a new revision of a baseline that the model file declares, such as after a training. Say exactly one source.',
    )
    .argument('<model>', 'name of the model')
    .argument(
      '<name>',
      'name of the baseline; one that the model file does not declare is never used',
    )
    .optionsGroup('Source')
    .option('--file <path>', 'Parquet, CSV or NDJSON in an allowed directory of the server')
    .option('--from <time>', 'stored events from this time on, such as 2026-01-01T00:00:00Z')
    .option('--to <time>', 'and before this one')
    .option('--trailing <duration>', 'a moving window: the last 7d before each window')
    .option('--of-version <version>', 'another version in the same window')
    .option('--first <events>', "the model's first events, so many", wholeNumber)
    .option('--period <duration>', 'or all of its first 1d, if that is over before')
    .optionsGroup('Options:')
    .addOption(new Option('--for-version <version>', 'compare only this version with it'))
  return withServiceOptions(command, 'write').action(
    async (model: string, name: string, options: CreateOptions) => {
      const { forVersion: version } = options
      const created = (await askService(serviceAddress(options), {
        path: baselinesPath(model),
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ name, definition: definition(options), version }),
      })) as Baseline
      print(options, created, [created])
    },
  )
}

const baselinesPath = (model: string): string => `v1/models/${encodeURIComponent(model)}/baselines`

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('a whole number is needed')
  return Number(text)
}

/** As in a model file: exactly one source. */
function definition(options: CreateOptions): object {
  const { file, from, to, trailing, ofVersion, first, period } = options
  const sources = [
    ...(file === undefined ? [] : [{ file }]),
    ...(from === undefined && to === undefined ? [] : [{ range: { from, to } }]),
    ...(trailing === undefined ? [] : [{ trailing }]),
    ...(ofVersion === undefined ? [] : [{ version: ofVersion }]),
    ...(first === undefined && period === undefined ? [] : [{ first: { events: first, period } }]),
  ]
  const [source] = sources
  if (source === undefined || sources.length > 1 || !isWhole(source)) {
    throw new AppError(
      'BASELINE_INVALID',
      'say exactly one source: --file, --from and --to, --trailing, --of-version, or --first and --period',
    )
  }
  return source
}

/** Whether both halves of a source are given. */
const isWhole = (source: object): boolean =>
  Object.values(source).every(
    (value) => typeof value === 'string' || !Object.values(value as object).includes(undefined),
  )

function print(options: ServiceOptions, value: unknown, rows: readonly Baseline[]): void {
  if (options.format === 'json') console.log(JSON.stringify(value, null, 2))
  else console.log(rows.length === 0 ? 'No baselines yet.' : baselineTable(rows))
}

function baselineTable(baselines: readonly Baseline[]): string {
  return tableText(
    ['baseline', 'kind', 'version', 'status', 'events', 'revision', 'changed', 'detail'],
    baselines.map((one) => [
      one.baseline,
      one.kind,
      one.version === '' ? 'all' : one.version,
      one.status,
      one.n,
      one.revision,
      one.changed_at,
      one.detail,
    ]),
  )
}
