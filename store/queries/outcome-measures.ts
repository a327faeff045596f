import type { ModelSpec } from '../../core/model-spec.ts'
import { errorKind, eventErrors } from './event-errors.ts'

/**
 * Whole-number sums over the labelled events of a group. Being whole, they are the same in any order,
 * and those of a wide window are exactly the sums of its base windows.
 *
 * To add one: an entry in `measures`, and a metric in detectors/performance/ that reads its sums.
 */
export interface OutcomeMeasure {
  /** Names the sums and every convention in them: another convention is another name. */
  readonly name: string
  readonly appliesTo: (spec: ModelSpec) => boolean
  /**
   * Columns of one event, each with an alias. At hand are `event_id`, `ts`, `label` (Nullable text, NULL
   * before it has come), `prediction`, `score`, `scores`.
   */
  readonly values: string
  /** Of the group: an Array(Int128), always as long. */
  readonly sums: string
  readonly params: (spec: ModelSpec) => Readonly<Record<string, unknown>>
}

const bins = 10

/** Probabilities add up as multiples of 2^-52. */
export const probabilityScale = 2 ** 52

/** Inner edges 0.1 … 0.9; a bin holds its upper edge and not its lower one, 0 apart. */
const bin = Array.from({ length: bins - 1 }, (_, i) => `(probability > ${(i + 1) / bins})`).join(
  ' + ',
)

const resampled = (sum: string): string =>
  `CAST(${sum.replace('(', `Resample(0, ${bins}, 1)(`)} AS Array(Int128))`

/**
 * Ten bins of the positive class's probability: labelled events, their probabilities in multiples of
 * 2^-52, the positives among them; 30 sums. A probability comes from `scores`, else it is `score`; what is
 * missing or not within [0, 1] counts in no bin.
 */
const reliability: OutcomeMeasure = {
  name: 'reliability/10',
  appliesTo: ({ kind, task, positiveClass }) =>
    kind === 'model' && task === 'binary_classification' && positiveClass !== null,
  values: [
    `if(mapContains(scores, {positive:String}), scores[{positive:String}], if(empty(scores), score, NULL)) AS probability`,
    `toUInt8(if(label IS NULL OR probability IS NULL OR NOT (probability >= 0 AND probability <= 1), 255, ${bin})) AS reliability_bin`,
    `toInt128(if(reliability_bin = 255, 0, round(assumeNotNull(probability) * ${probabilityScale}.))) AS reliability_score`,
    `toUInt8(ifNull(label = {positive:String}, 0)) AS positive_label`,
  ].join(',\n        '),
  sums: `arrayConcat(${[
    'count(reliability_bin)',
    'sum(reliability_score, reliability_bin)',
    'sum(positive_label, reliability_bin)',
  ]
    .map(resampled)
    .join(', ')})`,
  params: ({ positiveClass }) => ({ positive: positiveClass ?? '' }),
}

/**
 * What the errors of single events are, for detectors that read them one by one: nothing is computed of this
 * sum of hashes, it tells that a window is to be read again.
 */
const errorStream = (kind: keyof typeof eventErrors): OutcomeMeasure => ({
  name: `errors/${kind}`,
  appliesTo: (spec) =>
    errorKind(spec) === kind && spec.sequential.some(({ stream }) => stream === 'errors'),
  values: [
    `${eventErrors[kind]} AS off`,
    'toInt128(if(off IS NULL, 0, cityHash64(event_id, ts, assumeNotNull(off)))) AS off_hash',
  ].join(',\n        '),
  sums: 'CAST([sum(off_hash)] AS Array(Int128))',
  params: () => ({}),
})

const measures: readonly OutcomeMeasure[] = [
  reliability,
  errorStream('classes'),
  errorStream('distances'),
]

/** What is summed over a model's labelled events; nothing for a model that has no such metric. */
export const measuresOf = (spec: ModelSpec): readonly OutcomeMeasure[] =>
  measures.filter(({ appliesTo }) => appliesTo(spec))
