import { durationMs } from './duration.ts'
import type { KnownNames, SequentialInput, SequentialMethods } from './known-names.ts'
import type { ModelDraft } from './model-draft.ts'
import { unknownName, wrong } from './model-rules.ts'
import type { SequentialSpec } from './model-schema.ts'
import { referenceFindings, sliceFindings } from './monitor-rules.ts'
import type { Path } from './problems.ts'
import type { Finding } from './schema-problems.ts'

/** What a schema cannot say about the sequential detectors of a model file. */
export function sequentialFindings(draft: ModelDraft, known: KnownNames): Finding[] {
  const seen = new Set<string>()
  return draft.sequential.flatMap((entry, index) => {
    if (entry === null) return []
    const path = ['sequential', index]
    const findings = [
      ...sourceFindings(entry, path, draft),
      ...metricFindings(entry, path, known),
      ...methodFindings(entry, path, inputOf(entry, draft), known.sequential),
      ...referenceFindings(entry, path, draft),
      ...(draft.slicesKnown ? sliceFindings(entry, path, draft.file.slices ?? []) : []),
    ]
    // What is not understood is not compared.
    if (findings.length > 0) return findings
    const identity = identityOf(entry, draft, known.sequential)
    const twice = seen.has(identity)
    seen.add(identity)
    return twice ? [wrong(path, 'the same is followed twice, by the same method')] : []
  })
}

/** Of a metric every slice and baseline has a series of its own; errors are the whole model's. */
function sourceFindings(entry: SequentialSpec, path: Path, { file }: ModelDraft): Finding[] {
  const { metric, stream } = entry
  if ((metric === undefined) === (stream === undefined))
    return [wrong(path, 'either `metric` or `stream` is followed: one of them must be given')]
  if (stream === undefined) return []
  const foreign = (['features', 'slices', 'baseline'] as const).filter(
    (key) => entry[key] !== undefined,
  )
  const { kind = 'model', task = 'none' } = file
  const untold = kind !== 'model' || task === 'none' || task === 'ranking'
  return [
    ...foreign.map((key) =>
      wrong([...path, key], 'a stream of errors is of the whole model', 'key'),
    ),
    ...(untold
      ? [
          wrong(
            [...path, 'stream'],
            `nothing tells an error from a hit where the task is ${task}; allowed: classification and regression`,
          ),
        ]
      : []),
  ]
}

function inputOf({ stream }: SequentialSpec, { file }: ModelDraft): SequentialInput {
  if (stream === undefined) return 'metric'
  return file.task === 'regression' ? 'distances' : 'errors'
}

function metricFindings(
  { metric }: SequentialSpec,
  path: Path,
  { metrics, sequential }: KnownNames,
): Finding[] {
  if (metric === undefined || metrics === undefined || sequential === undefined) return []
  const followed = metrics.filter((name) => !sequential.metrics.includes(name))
  return followed.includes(metric)
    ? []
    : [unknownName([...path, 'metric'], 'metric to follow', metric, followed)]
}

function methodFindings(
  { method, parameters = {} }: SequentialSpec,
  path: Path,
  input: SequentialInput,
  sequential: SequentialMethods | undefined,
): Finding[] {
  if (sequential === undefined) return []
  const names = sequential.names(input)
  if (!names.includes(method))
    return [unknownName([...path, 'method'], `sequential method for ${input}`, method, names)]
  return sequential
    .parameterProblems(method, parameters)
    .map(({ parameter, part, message }) =>
      wrong([...path, 'parameters', ...(parameter === null ? [] : [parameter])], message, part),
    )
}

/** Entries that differ in what they cover only would write the same results. */
function identityOf(
  entry: SequentialSpec,
  { names, windowMs }: ModelDraft,
  sequential: SequentialMethods | undefined,
): string {
  const { metric, stream, method, window } = entry
  const rule = sequential?.rule(entry) ?? [method, Object.entries(entry.parameters ?? {}).sort()]
  const width = window === undefined ? windowMs : durationMs(window)
  const baseline = entry.baseline ?? names.baselines[0] ?? null
  return JSON.stringify([metric ?? null, stream ?? null, rule, width, baseline])
}
