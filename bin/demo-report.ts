import { colors } from './colors.ts'
import type { DemoPlan } from './demo-plan.ts'
import type { ReplayProgress } from './demo-processes.ts'
import type { Metric, Results } from './demo-results.ts'
import { grouped, type Moment } from './demo-story.ts'
import { printable } from './table-text.ts'

export interface Facts {
  readonly plan: DemoPlan
  readonly sent: ReplayProgress
  /** Of the whole demo, ms. */
  readonly tookMs: number
  /** In order of time. */
  readonly moments: readonly Moment[]
  /** From the stored alert to its verified webhook, ms; null if none came. */
  readonly webhookMs: number | null
}

/** Everything the demo found, as tables. */
export async function demoReport(results: Results, facts: Facts): Promise<string> {
  return [
    heading('What was sent and computed'),
    await figures(results, facts),
    heading('What drifted most: PSI of a week against the training data of its version'),
    await drifts(results, facts.plan),
    heading('The injected fault'),
    timeline(facts),
  ].join('\n')
}

const heading = (text: string): string => `\n${colors.bold(text)}`

async function figures(results: Results, { sent, tookMs }: Facts): Promise<string> {
  const { windows, metrics } = await results.evaluated()
  const records = sent.events + sent.labels
  const rate = (ms: number): number => Math.round((1000 * records) / ms)
  const count = (what: string, n: number, unit = ''): Cell[] => [what, n, unit]
  return plainTable([
    count('predictions taken', sent.events),
    count('labels taken', sent.labels),
    count('records rejected', sent.rejected),
    count('records a second, while sending', rate(sent.sendingMs)),
    count('records a second, trainings and waiting included', rate(tookMs)),
    ...[...windows].map(([width, n]) => count(`windows of ${width} evaluated`, n)),
    count('metrics computed', metrics),
    count('duration', Math.round(tookMs / 1000), 's'),
  ])
}

/** The greatest drifts of every part of the story: of all flights, then of single airports. */
async function drifts(results: Results, { faultFrom }: DemoPlan): Promise<string> {
  const filter = { metric: 'psi', window: '7d', baseline: 'training', status: 'ok' }
  const found = await results.metrics(filter)
  const rows = found.filter(({ n_current }) => n_current >= 1000).filter(isWholeWeek(found))
  const fault = Date.parse(faultFrom)
  const isBefore = ({ window_end }: Metric): boolean => Date.parse(window_end) <= fault
  const isAfter = ({ window_start }: Metric): boolean => Date.parse(window_start) >= fault
  const parts: [string, Metric[]][] = [
    ['the season by itself', greatest(rows.filter(isBefore))],
    ['with the fault', greatest(rows.filter((row) => isAfter(row) && row.version === '1'))],
    ['version 2', greatest(rows.filter(({ version }) => version === '2'))],
  ]
  const lines = parts.flatMap(([part, worst]) =>
    worst.map((row, i): Cell[] => [i === 0 ? part : '', ...cells(row)]),
  )
  return plainTable([['', 'week of', 'feature', 'slice', 'flights', 'PSI'], ...lines])
}

/** Weeks in which one version served all the time: the others lack some weekdays, which is drift too. */
function isWholeWeek(rows: readonly Metric[]): (row: Metric) => boolean {
  const versions = new Map<string, Set<string>>()
  for (const { window_start, version } of rows) {
    versions.set(window_start, (versions.get(window_start) ?? new Set()).add(version))
  }
  return ({ window_start }) => versions.get(window_start)?.size === 1
}

/** One row a feature and slice: its worst week. Two of all flights, three of slices. */
function greatest(rows: readonly Metric[]): Metric[] {
  const worst = new Map<string, Metric>()
  for (const row of rows) {
    const key = `${row.feature}\n${row.slice}`
    if ((row.value ?? 0) > (worst.get(key)?.value ?? 0)) worst.set(key, row)
  }
  const sorted = [...worst.values()].sort((a, b) => (b.value ?? 0) - (a.value ?? 0))
  const ofAll = sorted.filter(({ slice }) => slice === '')
  const ofSlices = sorted.filter(({ slice }) => slice !== '')
  return [...ofAll.slice(0, 2), ...ofSlices.slice(0, 3)]
}

const cells = ({ window_start, feature, slice, n_current, value }: Metric): Cell[] => [
  window_start.slice(0, 10),
  feature,
  slice === '' ? 'all flights' : slice,
  n_current,
  (value ?? 0).toFixed(3),
]

function timeline({ moments, webhookMs }: Facts): string {
  const first = moments[0]?.at ?? 0
  const rows = moments.map(({ what, at, detail }): Cell[] => [
    `+${((at - first) / 1000).toFixed(1)} s`.padStart(8),
    what,
    detail,
  ])
  const delay = webhookMs === null ? 'none came' : `${Math.round(webhookMs)} ms`
  return `${plainTable(rows)}\n\n  From the alert to its verified webhook: ${delay}`
}

type Cell = string | number

/** Columns two spaces apart, whole numbers to the right. */
function plainTable(rows: readonly (readonly Cell[])[]): string {
  const text = (cell: Cell): string => (typeof cell === 'number' ? grouped(cell) : cell)
  const columns = (rows[0] ?? []).map((_, column) => ({
    width: Math.max(...rows.map((row) => text(row[column] ?? '').length)),
    isNumber: rows.some((row) => typeof row[column] === 'number'),
  }))
  const line = (row: readonly Cell[]): string =>
    columns
      .map(({ width, isNumber }, column) => {
        const cell = printable(text(row[column] ?? ''))
        return isNumber ? cell.padStart(width) : cell.padEnd(width)
      })
      .join('  ')
      .trimEnd()
  return rows.map((row) => `  ${line(row)}`).join('\n')
}

/** Where to go on looking. */
export function whereToLook(url: string, configFile: string): string {
  return `
${colors.bold('Look around')}
  API documentation   ${url}/docs
  Alerts              ${url}/v1/alerts?model=flight-delay&state=critical
  Webhook deliveries  ${url}/v1/deliveries?model=flight-delay
  Prometheus metrics  ${url}/metrics

  # PSI of distance, day by day
  curl '${url}/v1/models/flight-delay/metrics?metric=psi&feature=distance&slice=&window=1d' -H 'accept: text/csv'

  # how often the model was right, week by week
  curl ${url}/v1/models/flight-delay/query -H 'content-type: application/json' -H 'accept: text/csv' -d '
    ${query}'

To start this service again later, with all it has found:
  npm start -- --config ${configFile}
`
}

const query = JSON.stringify({
  select: [{ count: true }, { mean: 'correct', as: 'accuracy' }],
  by: [{ time: '7d', as: 'week' }, 'version'],
  order: [{ by: 'week' }],
})
