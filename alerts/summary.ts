import type { Evidence } from './evidence.ts'
import type { BinChange } from './ports.ts'

export interface SummaryInput {
  readonly kind: 'firing' | 'resolved'
  readonly monitor: string
  /** The gravest of the series. */
  readonly state: string
  readonly series: {
    readonly slice: string
    /** '' for a metric of the model as a whole. */
    readonly feature: string
    readonly retracted: boolean
    readonly evidence: Partial<Evidence>
  }
  readonly model: string
  /** Series in all. */
  readonly total: number
}

const mostBins = 3
const longestSubject = 200

/**
 * A delivery in a sentence, about the series with the greatest effect:
 * `input-drift critical: amount (psi 4.64, limit > 0.5): 'DE' 3 % → 41 %, missing 0 % → 12 %`.
 */
export function summaryOf({ kind, monitor, state, series, model, total }: SummaryInput): string {
  const { slice, feature, retracted, evidence } = series
  const what = retracted ? 'retracted' : kind === 'resolved' ? 'resolved' : state
  const subject = shortened(
    `${feature === '' ? model : feature}${slice === '' ? '' : ` in ${slice}`}`,
  )
  const bins = retracted ? [] : (evidence.contributions ?? []).slice(0, mostBins)
  const changes = bins.length === 0 ? '' : `: ${bins.map(binText).join(', ')}`
  const more = total > 1 ? `; and ${total - 1} more series` : ''
  return `${monitor} ${what}: ${subject} (${facts(evidence)})${changes}${more}`
}

/** One bin and how its share changed: `'DE' 3 % → 41 %`. */
export function binText({ kind, label, reference_share, current_share }: BinChange): string {
  const name = kind === 'category' ? `'${label}'` : label
  return `${name} ${percent(reference_share)} → ${percent(current_share)}`
}

function facts({ metric = '', value = null, threshold = null }: Partial<Evidence>): string {
  const statistic = `${metric} ${value === null ? '-' : String(Number(value.toPrecision(3)))}`
  return threshold === null ? statistic : `${statistic}, limit ${threshold}`
}

function shortened(text: string): string {
  if (text.length <= longestSubject) return text
  return `${Array.from(text).slice(0, longestSubject).join('')}…`
}

/** Two digits, and no more than whole percents from ten on. */
function percent(share: number): string {
  const value = 100 * share
  return `${value >= 10 ? Math.round(value) : Number(value.toPrecision(2))} %`
}
