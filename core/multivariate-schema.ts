import { Type } from 'typebox'
import { durationMs } from './duration.ts'
import { closed, duration, name } from './schema-fields.ts'

/** Methods that compare whole rows, with what they write and read, and whether NannyML judges it. Structural twin of detectors/multivariate. */
export const multivariateMethods = {
  'pca-reconstruction': {
    metrics: ['pca_reconstruction_error'],
    id: 'pca-reconstruction/nannyml-0.13',
    rows: 10_000,
    mostRows: 50_000,
    embeddings: false,
    judged: true,
  },
  'domain-classifier': {
    metrics: ['domain_classifier_auc', 'domain_classifier_importance'],
    id: 'domain-classifier/boosted-trees-5-fold',
    rows: 2500,
    mostRows: 20_000,
    embeddings: true,
    judged: true,
  },
  mmd: {
    metrics: ['mmd'],
    id: 'mmd/rbf-median',
    rows: 500,
    mostRows: 1000,
    embeddings: true,
    judged: false,
  },
  'mmd-linear': {
    metrics: ['mmd'],
    id: 'mmd/rbf-median-linear',
    rows: 10_000,
    mostRows: 50_000,
    embeddings: true,
    judged: false,
  },
  'mmd/alibi-detect-0.12': {
    metrics: ['mmd'],
    id: 'mmd/alibi-detect-0.12',
    rows: 500,
    mostRows: 1000,
    embeddings: true,
    judged: false,
  },
} as const

export type MultivariateMethod = keyof typeof multivariateMethods

/** Columns that are compared together at most. */
export const mostMultivariateFeatures = 100

const Method = Type.Enum(Object.keys(multivariateMethods) as MultivariateMethod[], {
  description:
    'pca-reconstruction: how badly the main directions of the baseline describe the rows. domain-classifier: how well trees tell them from the baseline’s. mmd: how far apart they lie; mmd-linear: the same over more rows; mmd/alibi-detect-0.12: with that product’s conventions.',
})

/** `multivariate` of a model file. */
export const Multivariate = Type.Array(
  Type.Union([
    Method,
    Type.Object(
      {
        method: Method,
        features: Type.Optional(
          Type.Array(Type.String({ minLength: 1, maxLength: 300 }), {
            minItems: 1,
            maxItems: mostMultivariateFeatures,
            uniqueItems: true,
            description: `Features that are compared together; an embedding is compared alone. Default: all declared ones, the first ${mostMultivariateFeatures} of them.`,
          }),
        ),
        sample: Type.Optional(
          Type.Integer({
            minimum: 50,
            maximum: 50_000,
            description:
              'Rows of a side that are read at most, fewer where rows are wide. Default: 10000 for pca-reconstruction and mmd-linear, 2500 for domain-classifier (at most 20000), 500 for mmd (at most 1000).',
          }),
        ),
        window: Type.Optional(
          duration(
            'Width of the windows that are compared, a multiple of the base window. Default: the widest, and those that monitors of the metric judge.',
          ),
        ),
        baseline: Type.Optional(name('The only baseline to compare with. Default: every one.')),
      },
      closed,
    ),
  ]),
  {
    maxItems: 20,
    description:
      'What is compared row by row, over bounded samples of stored rows, to see what no single feature shows. Default: nothing.',
  },
)

export type MultivariateFile = Type.Static<typeof Multivariate>
export type MultivariateEntry = Exclude<MultivariateFile[number], string>

/** An entry of `multivariate` with every default filled in. */
export interface MultivariateSettings {
  readonly method: MultivariateMethod
  /** Null: all declared. */
  readonly features: readonly string[] | null
  /** Most rows of a side. */
  readonly sample: number
  readonly widthsMs: readonly number[]
  /** Null: every one. */
  readonly baseline: string | null
}

export const multivariateEntry = (entry: MultivariateFile[number]): MultivariateEntry =>
  typeof entry === 'string' ? { method: entry } : entry

/**
 * Whether a metric name or method id is what a method alone writes: what is called `drifted` other
 * products' tests of features write too, `drifted/` and the id only this.
 */
export function writesMetric(method: MultivariateMethod, metric: string): boolean {
  const { metrics, id, judged } = multivariateMethods[method]
  return (
    id === metric ||
    (judged && metric === `drifted/${id}`) ||
    (metrics as readonly string[]).includes(metric)
  )
}

/** Who looks at a metric, in windows of which width. */
export interface MetricWatcher {
  readonly metric?: string
  readonly window?: string
}

/** `windowsMs`: all evaluated widths, ascending, the base window first. */
export function multivariateSettings(
  file: MultivariateFile = [],
  watchers: readonly MetricWatcher[],
  windowsMs: readonly number[],
): MultivariateSettings[] {
  const [base = 0] = windowsMs
  return file.map(multivariateEntry).map(({ method, features, sample, window, baseline }) => {
    const { rows, mostRows } = multivariateMethods[method]
    const watched = watchers.flatMap(({ metric, window: width }) =>
      metric !== undefined && writesMetric(method, metric)
        ? [width === undefined ? base : durationMs(width)]
        : [],
    )
    const widest = windowsMs.at(-1) ?? base
    return {
      method,
      features: features ?? null,
      sample: Math.min(sample ?? rows, mostRows),
      widthsMs: window === undefined ? [...new Set([widest, ...watched])] : [durationMs(window)],
      baseline: baseline ?? null,
    }
  })
}
