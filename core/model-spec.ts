import { durationMs } from './duration.ts'
import {
  falseAlarmBudget,
  type CorrectionName,
  type FalseAlarmBudget,
} from './false-alarms-schema.ts'
import { featureSpec, type FeatureSpec } from './feature-schema.ts'
import type {
  ActionSpec,
  BaselineSpec,
  ModelFile,
  ModelKind,
  MonitorSpec,
  SequentialSpec,
  Task,
} from './model-schema.ts'
import {
  multivariateEntry,
  multivariateSettings,
  type MultivariateSettings,
} from './multivariate-schema.ts'
import { outlierSettings, type OutlierSettings } from './outlier-schema.ts'
import { rowMethodSettings, type Preset, type RowMethodSettings } from './row-methods-schema.ts'

export { ModelSpecSchema } from './model-schema.ts'
export type { FeatureSpec } from './feature-schema.ts'
export { thresholdPattern } from './monitor-schema.ts'
export { namePattern } from './schema-fields.ts'
export { learntSettings, type LearntSettings } from './learnt-schema.ts'
export type { CorrectionName, FalseAlarmBudget } from './false-alarms-schema.ts'
export type {
  ActionSpec,
  BaselineSpec,
  FeatureKind,
  InferredKind,
  ModelFile,
  ModelKind,
  MonitorSpec,
  SequentialSpec,
  Task,
} from './model-schema.ts'

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
  /** Metric names or method ids; empty means the default set, unless there is a preset. */
  readonly detectors: readonly string[]
  /** The product whose tests are chosen for each feature; null for none. */
  readonly preset: Preset | null
  readonly rowMethods: RowMethodSettings
  /** Comparisons of whole rows. */
  readonly multivariate: readonly MultivariateSettings[]
  /** In declared order: the first one that is a file, a range or first events freezes the binning. */
  readonly baselines: ReadonlyMap<string, BaselineSpec>
  readonly monitors: readonly MonitorSpec[]
  readonly sequential: readonly SequentialSpec[]
  /** Of the p-values of one window, method and baseline. */
  readonly correction: CorrectionName
  /** Null: every window has the same significance level. */
  readonly falseAlarms: FalseAlarmBudget | null
  /** Null: nothing is scored. */
  readonly outliers: OutlierSettings | null
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
  const compared = comparisons(file)
  const windowsMs = evaluatedWindows(file, windowMs)
  return {
    model,
    kind,
    task,
    positiveClass: rest.positive_class ?? (task === 'binary_classification' ? '1' : null),
    features: new Map(
      Object.entries(features).map(([name, f]): [string, FeatureSpec] => [name, featureSpec(f)]),
    ),
    slices: slices.map((slice) => (typeof slice === 'string' ? [slice] : slice)),
    windowMs,
    windowsMs,
    latenessMs:
      rest.lateness === undefined ? Math.min(windowMs, 600_000) : durationMs(rest.lateness),
    labelDelayMs: durationMs(rest.label_delay),
    minSamples: rest.min_samples,
    detectors: rest.detectors,
    preset: file.preset ?? null,
    rowMethods: rowMethodSettings(file.row_methods),
    multivariate: multivariateSettings(
      file.multivariate,
      [...(file.monitors ?? []), ...(file.sequential ?? [])],
      windowsMs,
    ),
    ...compared,
    correction: rest.correction,
    falseAlarms: falseAlarmBudget(file.false_alarms),
    outliers: outlierSettings(file.outliers, freezing(compared.baselines)),
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
  correction: 'benjamini-hochberg',
  actions: {},
  retention: {},
} satisfies Partial<ModelFile>

// Nobody said what to compare with: the model's own first day, or its first 10 000 events.
const ownBeginning: BaselineSpec = { first: { events: 10_000, period: '1d' } }

/**
 * Baselines with one among them that can freeze bins: a moving window or another version has none of
 * its own. One that is added for this comes first, so monitors and sequential detectors that rely on
 * the first declared baseline are told its name.
 */
function comparisons({
  baselines = {},
  monitors = [],
  sequential = [],
}: ModelFile): Pick<ModelSpec, 'baselines' | 'monitors' | 'sequential'> {
  const declared = Object.entries(baselines)
  const freezes = declared.some(([, b]) => 'file' in b || 'range' in b || 'first' in b)
  if (freezes) return { baselines: new Map(declared), monitors, sequential }
  const added = Object.hasOwn(baselines, 'first') ? 'first_events' : 'first'
  const baseline = declared[0]?.[0]
  return {
    baselines: new Map([[added, ownBeginning], ...declared]),
    monitors: baseline === undefined ? monitors : monitors.map((m) => ({ baseline, ...m })),
    sequential: baseline === undefined ? sequential : sequential.map((s) => ({ baseline, ...s })),
  }
}

/** The first baseline that has rows of its own: there is always one. */
function freezing(baselines: ModelSpec['baselines']): string {
  const found = [...baselines].find(([, b]) => !('trailing' in b || 'version' in b))
  return found?.[0] ?? 'first'
}

function evaluatedWindows(file: ModelFile, windowMs: number): number[] {
  const widths =
    file.windows?.map(durationMs) ??
    [3_600_000, 86_400_000].filter((ms) => ms > windowMs && ms % windowMs === 0)
  const named = [
    ...(file.monitors ?? []),
    ...(file.sequential ?? []),
    ...(file.multivariate ?? []).map(multivariateEntry),
  ]
  const monitored = named.flatMap(({ window }) =>
    window === undefined ? [] : [durationMs(window)],
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
