import { Command, Option } from 'commander'
import type { FeatureContributions, RankedContributions } from '../api/ports.ts'
import { serviceAddress, withServiceOptions, type ServiceOptions } from './service-options.ts'
import { askService } from './service-request.ts'
import { printable, tableText } from './table-text.ts'

interface ExplainOptions extends ServiceOptions {
  readonly metric: string
  readonly feature?: string
  readonly slice?: string
  readonly at?: string
  readonly window?: string
  readonly baseline?: string
  readonly forVersion?: string
  readonly variant?: string
  readonly limit: string
}

/** `explain <model>`: which features of a window drifted, and with `--feature` by which of its bins. */
export function explainCommand(): Command {
  const command = new Command('explain')
    .description('Say what drifted: features and slices ranked, or the bins of one feature.')
    .argument('<model>', 'name of the model')
    .option('--feature <name>', 'the bins of this feature')
    .option('--slice <slice>', 'dim=value[,dim=value]; without --feature all slices are ranked')
    .option(
      '--at <time>',
      'any time in the window, with a zone (default: the newest with enough events)',
    )
    .option('--window <width>', 'width of the window (default: the base window)')
    .addOption(
      new Option('--metric <metric>', 'how to measure')
        .choices(['psi', 'js', 'linf'])
        .default('psi'),
    )
    .option('--baseline <name>', 'compared with this one (default: the first of the model)')
    .option('--for-version <version>', 'of this version (default: the one with most events)')
    .option('--variant <variant>', 'of this variant (default: the one with most events)')
    .option('--limit <number>', 'rows to print', '15')
  return withServiceOptions(command, 'read').action(
    async (model: string, options: ExplainOptions) => {
      const answer = (await askService(serviceAddress(options), {
        path: `v1/models/${encodeURIComponent(model)}/contributions?${parameters(options)}`,
      })) as FeatureContributions | RankedContributions
      const text = (): string =>
        'bins' in answer ? binsText(answer, Number(options.limit)) : rankingText(answer)
      console.log(options.format === 'json' ? JSON.stringify(answer, null, 2) : text())
    },
  )
}

function parameters(options: ExplainOptions): string {
  const { metric, feature, slice, window, baseline, variant, at, forVersion, limit } = options
  const asked = {
    ...{ metric, feature, slice, window, baseline, variant },
    window_start: at,
    version: forVersion,
    limit: feature === undefined ? limit : undefined,
  }
  const given = Object.entries(asked).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  )
  return new URLSearchParams(Object.fromEntries(given)).toString()
}

function binsText(answer: FeatureContributions, limit: number): string {
  const { feature, slice, metric, bins, n_reference, n_current } = answer
  const events = `${n_current} events against ${n_reference}`
  const table = tableText(
    ['bin', 'reference', 'current', 'change', `part of ${metric}`],
    bins
      .slice(0, limit)
      .map((bin) => [
        bin.label,
        percent(bin.reference_share),
        percent(bin.current_share),
        `${bin.change > 0 ? '+' : ''}${percent(bin.change)}`,
        percent(bin.share),
      ]),
  )
  const more = bins.length > limit ? `\n${bins.length - limit} more bins: --limit` : ''
  return `${where(answer)}\n${printable(feature)}${inSlice(slice)}: ${events}\n${table}${more}`
}

function rankingText(answer: RankedContributions): string {
  const { ranking, ranking_total: total, not_judged: few, metric } = answer
  if (total === 0) return `${where(answer)}\nNothing had enough events to be compared.`
  const table = tableText(
    ['', 'feature', 'slice', metric, 'p', 'part', 'events', 'drifts'],
    ranking.map((row) => [
      row.rank,
      row.feature,
      row.slice,
      row.value === null ? null : Number(row.value.toPrecision(3)),
      chance(row.p_adjusted ?? row.p_value),
      percent(row.share),
      row.n_current,
      row.significant ? 'yes' : 'no',
    ]),
  )
  const more = total > ranking.length ? `\n${total - ranking.length} more: --limit` : ''
  const unjudged = few > 0 ? `\n${few} with too few events to be compared` : ''
  const next =
    ranking[0] === undefined ? '' : '\nIts bins: --feature, and --slice where there is one'
  return `${where(answer)}\n${table}${more}${unjudged}${next}`
}

function where(answer: FeatureContributions | RankedContributions): string {
  const { model, version, variant, window, window_start: start, baseline } = answer
  const arm = [version === '' ? '' : `version ${version}`, variant].filter((part) => part !== '')
  return printable(`${[model, ...arm].join(', ')}: ${window} from ${start}, against ${baseline}`)
}

const inSlice = (slice: string): string => (slice === '' ? '' : printable(` in ${slice}`))

/** One decimal, and none of a share that is none. */
const percent = (share: number): string => `${Number((100 * share).toFixed(1))} %`

function chance(p: number | null): string {
  if (p === null) return '-'
  return p < 0.001 ? '< 0.001' : p.toFixed(3)
}
