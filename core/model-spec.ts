import { Type } from 'typebox'
import { durationMs, durationPattern } from './duration.ts'

/** Names of models, features, slices, monitors …: letters, digits and `_ . : - /` and space, NFC. */
export const namePattern = '^[\\p{L}\\p{N}_.:\\-/ ]{1,128}$'

const Name = Type.String({
  pattern: namePattern,
  description: 'A name of up to 128 letters, digits, _ . : - / or spaces.',
})
const Duration = Type.String({
  pattern: durationPattern,
  description: 'A duration such as 30s, 5m, 1h or 7d.',
})

const FeatureType = Type.Enum(['numeric', 'categorical', 'boolean'])

const Feature = Type.Union([
  FeatureType,
  Type.Object(
    {
      type: FeatureType,
      min: Type.Optional(
        Type.Number({ description: 'Least valid value; below it a value is out of range.' }),
      ),
      max: Type.Optional(
        Type.Number({ description: 'Greatest valid value; above it a value is out of range.' }),
      ),
    },
    { additionalProperties: false },
  ),
])

const closed = { additionalProperties: false } as const

const Baseline = Type.Union(
  [
    Type.Object({ file: Type.String({ minLength: 1 }) }, closed),
    Type.Object(
      {
        range: Type.Object(
          { from: Type.String({ format: 'date-time' }), to: Type.String({ format: 'date-time' }) },
          closed,
        ),
      },
      closed,
    ),
    Type.Object({ trailing: Duration }, closed),
    Type.Object({ version: Type.String({ minLength: 1, maxLength: 128 }) }, closed),
    Type.Object(
      { first: Type.Object({ events: Type.Integer({ minimum: 100 }), period: Duration }, closed) },
      closed,
    ),
  ],
  {
    description:
      'What current data is compared with: a file, a fixed range of past events, a moving window (trailing), another version, or the first events of the model.',
  },
)

/** A threshold such as `> 0.2`: an operator and a number. */
export const thresholdPattern = '^\\s*(>=|<=|>|<)\\s*(-?[0-9]+(\\.[0-9]+)?([eE][-+]?[0-9]+)?)\\s*$'
const Threshold = Type.String({
  pattern: thresholdPattern,
  description: 'An operator and a number, such as "> 0.2".',
})

const Monitor = Type.Object(
  {
    name: Name,
    metric: Type.String({
      minLength: 1,
      description: 'A metric or method id, such as psi or ks/exact.',
    }),
    features: Type.Optional(
      Type.Array(Name, { description: 'Default: every feature the metric applies to.' }),
    ),
    slices: Type.Optional(
      Type.Array(Type.String(), {
        description:
          'Slice names such as origin=ATL, or "*" for every slice. Default: the whole model.',
      }),
    ),
    baseline: Type.Optional(Name),
    window: Type.Optional(Duration),
    warn: Type.Optional(Threshold),
    critical: Type.Optional(Threshold),
    min_samples: Type.Optional(Type.Integer({ minimum: 1 })),
    for: Type.Optional(
      Type.String({
        pattern: '^[1-9][0-9]? of [1-9][0-9]?$',
        description: 'k of n windows, such as "2 of 3".',
      }),
    ),
    alpha: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 1 })),
    actions: Type.Optional(Type.Array(Name)),
  },
  closed,
)

const Action = Type.Object(
  {
    preset: Type.Enum(['webhook'], {
      description: 'What receives the call. webhook: Standard Webhooks, any receiver.',
    }),
    url: Type.String({ minLength: 1 }),
    secret: Type.Optional(
      Type.String({
        minLength: 1,
        description: 'A reference such as ${env:WEBHOOK_SECRET} or file:/run/secrets/hook.',
      }),
    ),
    cooldown: Type.Optional(Duration),
    not_after: Type.Optional(Duration),
    timeout: Type.Optional(Duration),
  },
  closed,
)

/**
 * A model file: what one model is, what it is compared with and when somebody must know.
 * The one schema that validates it, types it and is published for editors.
 */
export const ModelSpecSchema = Type.Object(
  {
    model: Name,
    kind: Type.Optional(Type.Enum(['model', 'features', 'software'])),
    task: Type.Optional(
      Type.Enum([
        'binary_classification',
        'multiclass_classification',
        'regression',
        'ranking',
        'none',
      ]),
    ),
    positive_class: Type.Optional(Type.String({ maxLength: 256 })),
    features: Type.Optional(Type.Record(Type.String({ pattern: namePattern }), Feature)),
    slices: Type.Optional(
      Type.Array(
        Type.Union([
          Type.String({ minLength: 1 }),
          Type.Array(Type.String({ minLength: 1 }), { minItems: 1, maxItems: 4 }),
        ]),
        { maxItems: 10, description: 'Features or tags.<name>, alone or crossed in a list.' },
      ),
    ),
    window: Type.Optional(Duration),
    windows: Type.Optional(
      Type.Array(Duration, { maxItems: 8, description: 'Wider windows to evaluate besides.' }),
    ),
    lateness: Type.Optional(Duration),
    label_delay: Type.Optional(Duration),
    min_samples: Type.Optional(Type.Integer({ minimum: 1 })),
    detectors: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), {
        description: 'Drift metrics or method ids to compute. Default: the first set.',
      }),
    ),
    baselines: Type.Optional(Type.Record(Type.String({ pattern: namePattern }), Baseline)),
    monitors: Type.Optional(Type.Array(Monitor, { maxItems: 200 })),
    actions: Type.Optional(Type.Record(Type.String({ pattern: namePattern }), Action)),
    retention: Type.Optional(
      Type.Object(
        {
          events: Type.Optional(Duration),
          profiles: Type.Optional(Duration),
          metrics: Type.Optional(Duration),
        },
        closed,
      ),
    ),
  },
  closed,
)

/** A model file as written. */
export type ModelFile = Type.Static<typeof ModelSpecSchema>
export type BaselineSpec = Type.Static<typeof Baseline>
export type MonitorSpec = Type.Static<typeof Monitor>
export type ActionSpec = Type.Static<typeof Action>
export type ModelKind = 'model' | 'features' | 'software'
export type Task = NonNullable<ModelFile['task']>
export type FeatureKind = Type.Static<typeof FeatureType>

export interface FeatureSpec {
  readonly type: FeatureKind
  readonly min?: number
  readonly max?: number
}

/** A model file with every default filled in and durations in milliseconds: what the code works with. */
export interface ModelSpec {
  readonly model: string
  readonly kind: ModelKind
  readonly task: Task
  readonly positiveClass: string | null
  /** In declared order. */
  readonly features: ReadonlyMap<string, FeatureSpec>
  /** Each entry one slice: its dimensions, a feature name or `tags.<name>`. */
  readonly slices: readonly (readonly string[])[]
  /** The base window: the model's grain. */
  readonly windowMs: number
  /** All evaluated windows, ascending, the base window first. Each is a multiple of it. */
  readonly windowsMs: readonly number[]
  readonly latenessMs: number
  readonly labelDelayMs: number
  readonly minSamples: number
  /** Metric names or method ids; empty means the default set. */
  readonly detectors: readonly string[]
  /** In declared order: the first one freezes the binning. */
  readonly baselines: ReadonlyMap<string, BaselineSpec>
  readonly monitors: readonly MonitorSpec[]
  readonly actions: ReadonlyMap<string, ActionSpec>
  readonly retentionMs: {
    readonly events: number
    readonly profiles: number
    readonly metrics: number
  }
  /** The file as it was written, without defaults: what history keeps. */
  readonly file: ModelFile
}

/**
 * Fills in the defaults of a valid model file. What a schema cannot say (a monitor naming an
 * unknown action, a window that is no multiple of the base window) is core/validate-model.ts's.
 */
export function modelSpec(file: ModelFile): ModelSpec {
  const { model, kind, task, features, slices, window, ...rest } = { ...plainDefaults, ...file }
  const windowMs = durationMs(window)
  return {
    model,
    kind,
    task,
    positiveClass: rest.positive_class ?? (task === 'binary_classification' ? '1' : null),
    features: new Map(
      Object.entries(features).map(([name, f]): [string, FeatureSpec] => [
        name,
        typeof f === 'string' ? { type: f } : f,
      ]),
    ),
    slices: slices.map((slice) => (typeof slice === 'string' ? [slice] : slice)),
    windowMs,
    windowsMs: evaluatedWindows(file, windowMs),
    latenessMs:
      rest.lateness === undefined ? Math.min(windowMs, 600_000) : durationMs(rest.lateness),
    labelDelayMs: durationMs(rest.label_delay),
    minSamples: rest.min_samples,
    detectors: rest.detectors,
    baselines: new Map(Object.entries(rest.baselines)),
    monitors: rest.monitors,
    actions: new Map(Object.entries(rest.actions)),
    retentionMs: retention(rest.retention),
    file,
  }
}

const plainDefaults = {
  kind: 'model',
  task: 'none',
  features: {} as NonNullable<ModelFile['features']>,
  slices: [] as NonNullable<ModelFile['slices']>,
  window: '5m',
  label_delay: '7d',
  min_samples: 100,
  detectors: [],
  // Nobody said what to compare with: the model's own first day, or its first 10 000 events.
  baselines: { first: { first: { events: 10_000, period: '1d' } } },
  monitors: [],
  actions: {},
  retention: {},
} satisfies Partial<ModelFile>

function evaluatedWindows(file: ModelFile, windowMs: number): number[] {
  const widths =
    file.windows?.map(durationMs) ??
    [3_600_000, 86_400_000].filter((ms) => ms > windowMs && ms % windowMs === 0)
  const monitored = (file.monitors ?? []).flatMap((m) =>
    m.window === undefined ? [] : [durationMs(m.window)],
  )
  return [...new Set([windowMs, ...widths, ...monitored])].sort((a, b) => a - b)
}

function retention(file: NonNullable<ModelFile['retention']>): ModelSpec['retentionMs'] {
  const { events, profiles, metrics } = {
    events: '90d',
    profiles: '400d',
    metrics: '400d',
    ...file,
  }
  return {
    events: durationMs(events),
    profiles: durationMs(profiles),
    metrics: durationMs(metrics),
  }
}
