import { Type } from 'typebox'
import { Correction, FalseAlarms } from './false-alarms-schema.ts'
import { Feature } from './feature-schema.ts'
import { Action, Monitor } from './monitor-schema.ts'
import { Multivariate } from './multivariate-schema.ts'
import { Outliers } from './outlier-schema.ts'
import { PresetField, RowMethods } from './row-methods-schema.ts'
import { closed, duration, name, named, namePattern } from './schema-fields.ts'
import { Sequential } from './sequential-schema.ts'

const time = (description: string) =>
  Type.String({
    format: 'date-time',
    'x-allowed': 'a time with its zone, such as 2026-01-31T00:00:00Z',
    description,
  })

const Baseline = Type.Union(
  [
    Type.Object(
      {
        file: Type.String({
          minLength: 1,
          description:
            'A Parquet, CSV or NDJSON file with a column a feature, relative to the model file.',
        }),
      },
      closed,
    ),
    Type.Object(
      {
        range: Type.Object(
          {
            from: time('Start, inclusive.'),
            to: time('End, exclusive.'),
          },
          { ...closed, description: 'A fixed interval of past events.' },
        ),
      },
      closed,
    ),
    Type.Object(
      {
        trailing: duration(
          'A moving window: this long before the current one. A multiple of `window`.',
        ),
      },
      closed,
    ),
    Type.Object(
      {
        version: Type.String({
          minLength: 1,
          maxLength: 128,
          description: 'Another version of the model in the same window: champion and challenger.',
        }),
      },
      closed,
    ),
    Type.Object(
      {
        first: Type.Object(
          {
            events: Type.Integer({
              minimum: 100,
              maximum: 1_000_000_000,
              description: 'Complete once there are so many.',
            }),
            period: duration('Complete after this time, if that comes first.'),
          },
          { ...closed, description: "The model's first events." },
        ),
      },
      closed,
    ),
  ],
  {
    description:
      'What current data is compared with. The first one that is no moving window and no version freezes the bins; if there is none, `first: { first: { events: 10000, period: 1d } }` is added for that.',
  },
)

/**
 * A model file: what one model is, what it is compared with and when somebody must know.
 * The one schema that validates it, types it and is published for editors.
 */
export const ModelSpecSchema = Type.Object(
  {
    model: name('Its name, as events give it.'),
    kind: Type.Optional(
      Type.Enum(['model', 'features', 'software'], {
        description:
          'model: predictions. features: a feature stream without a prediction. software: service metrics. Default: model.',
      }),
    ),
    task: Type.Optional(
      Type.Enum(
        ['binary_classification', 'multiclass_classification', 'regression', 'ranking', 'none'],
        { description: 'What is predicted. Default: none.' },
      ),
    ),
    positive_class: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 256,
        description:
          'The class that `score` is the probability of; classification only. Default for binary classification: `"1"`.',
      }),
    ),
    features: Type.Optional(
      Type.Record(Type.String({ pattern: namePattern }), Feature, {
        ...named,
        description:
          'Every feature and its type, or `{ embedding: [dimensions] }`. Features that events bring besides are added with the type they seem to have, numbers, truth values and categories: text and embeddings must be declared.',
      }),
    ),
    slices: Type.Optional(
      Type.Array(
        Type.Union([
          Type.String({ minLength: 1, maxLength: 256 }),
          Type.Array(Type.String({ minLength: 1, maxLength: 256 }), { minItems: 1, maxItems: 4 }),
        ]),
        {
          maxItems: 10,
          description: 'Declared features or `tags.<name>`, alone or crossed in a list.',
        },
      ),
    ),
    window: Type.Optional(
      duration('The base window: it divides a day, or is a number of whole days. Default: `5m`.'),
    ),
    windows: Type.Optional(
      Type.Array(duration('A multiple of the base window.'), {
        maxItems: 8,
        uniqueItems: true,
        description:
          'Wider windows to evaluate besides. Default: `1h` and `1d`, where they are wider.',
      }),
    ),
    lateness: Type.Optional(
      duration(
        'How late events may come before a window closes. Default: the base window, at most `10m`.',
      ),
    ),
    label_delay: Type.Optional(duration('How long labels may come. Default: `7d`.')),
    min_samples: Type.Optional(
      Type.Integer({
        minimum: 1,
        description: 'Fewer events than this are insufficient data. Default: 100.',
      }),
    ),
    detectors: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 128 }), {
        maxItems: 100,
        uniqueItems: true,
        description: 'Drift metrics or method ids to compute. Default: the first set.',
      }),
    ),
    preset: Type.Optional(PresetField),
    row_methods: Type.Optional(RowMethods),
    multivariate: Type.Optional(Multivariate),
    baselines: Type.Optional(
      Type.Record(Type.String({ pattern: namePattern }), Baseline, {
        ...named,
        description: 'What current data is compared with, by name.',
      }),
    ),
    monitors: Type.Optional(
      Type.Array(Monitor, { maxItems: 200, description: 'When somebody must know.' }),
    ),
    sequential: Type.Optional(
      Type.Array(Sequential, {
        maxItems: 100,
        description: 'What is followed from window to window, to find when it changes.',
      }),
    ),
    correction: Type.Optional(Correction),
    false_alarms: Type.Optional(FalseAlarms),
    outliers: Type.Optional(Outliers),
    actions: Type.Optional(
      Type.Record(Type.String({ pattern: namePattern }), Action, {
        ...named,
        description: 'What monitors trigger, by name.',
      }),
    ),
    retention: Type.Optional(
      Type.Object(
        {
          events: Type.Optional(duration('Default: `90d`.')),
          profiles: Type.Optional(duration('Default: `400d`.')),
          metrics: Type.Optional(duration('Default: `400d`.')),
        },
        { ...closed, description: 'How long rows are kept, by event time.' },
      ),
    ),
  },
  { ...closed, description: 'One monitored model.' },
)

/** A model file as written. */
export type ModelFile = Type.Static<typeof ModelSpecSchema>
export type BaselineSpec = Type.Static<typeof Baseline>
export type MonitorSpec = Type.Static<typeof Monitor>
export type { SequentialSpec } from './sequential-schema.ts'
export type ActionSpec = Type.Static<typeof Action>
export type ModelKind = 'model' | 'features' | 'software'
export type Task = NonNullable<ModelFile['task']>
export type { FeatureKind, InferredKind } from './feature-schema.ts'
