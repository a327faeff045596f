import { derivedNames } from './derived-features.ts'
import type { KnownNames } from './known-names.ts'
import { limitFindings } from './limit-rules.ts'
import type { ModelDraft } from './model-draft.ts'
import { multipleFindings, unknownName, wrong } from './model-rules.ts'
import type { MonitorSpec, SequentialSpec } from './model-schema.ts'
import { pseudoFeatures } from './names.ts'
import { listed, type Path } from './problems.ts'
import { foundText, type Finding } from './schema-problems.ts'

/** What a schema cannot say about the monitors of a model file, and about its list of detectors. */
export function monitorFindings(draft: ModelDraft, known: KnownNames): Finding[] {
  const { metrics } = known
  const names = draft.monitors.map((monitor) => monitor?.name)
  const twice = names.flatMap((name, index) =>
    name !== undefined && names.indexOf(name) < index
      ? [wrong(['monitors', index, 'name'], `another monitor is called "${name}"`)]
      : [],
  )
  const detectors = (draft.file.detectors ?? []).flatMap((id, index) =>
    metricFindings(id, ['detectors', index], metrics),
  )
  return [
    ...detectors,
    ...twice,
    ...draft.monitors.flatMap((monitor, index) => {
      if (monitor === null) return []
      const path = ['monitors', index]
      return [
        ...watchedFindings(monitor.metric, [...path, 'metric'], draft, known),
        ...referenceFindings(monitor, path, draft),
        ...limitFindings(monitor, path, draft),
        ...countFindings(monitor, path),
        ...(draft.slicesKnown ? sliceFindings(monitor, path, draft.file.slices ?? []) : []),
      ]
    }),
  ]
}

function metricFindings(id: string, path: Path, metrics: readonly string[] | undefined): Finding[] {
  return metrics === undefined || metrics.includes(id)
    ? []
    : [unknownName(path, 'metric', id, metrics)]
}

/** Results of sequential detectors are there only where the file asks for them. */
function watchedFindings(
  id: string,
  path: Path,
  draft: ModelDraft,
  { metrics, sequential }: KnownNames,
): Finding[] {
  if (sequential === undefined) return metricFindings(id, path, metrics)
  const entries = draft.sequential.filter(
    (entry): entry is SequentialSpec =>
      entry !== null && sequential.names('errors').includes(entry.method),
  )
  if (entries.some((entry) => sequential.isResultMethod(entry, id))) return []
  if (!sequential.metrics.includes(id)) return metricFindings(id, path, metrics)
  const computed = new Set(entries.flatMap((entry) => sequential.resultMetrics(entry)))
  const refused = draft.sequential.length > entries.length
  return refused || computed.has(id)
    ? []
    : [wrong(path, `found ${foundText(id)}, but no entry of \`sequential\` computes it`)]
}

type Named = Pick<MonitorSpec, 'baseline' | 'features' | 'window' | 'actions'>

/** What an entry names must be there, and its window must be one that is computed. */
export function referenceFindings(
  { baseline, features = [], window, actions = [] }: Named,
  path: Path,
  { file, names, windowMs }: ModelDraft,
): Finding[] {
  // With no baseline declared there is one all the same (model-spec.ts).
  const baselines = names.baselines.length === 0 ? ['first'] : names.baselines
  const monitored = [...names.features, ...derivedNames(file.features), ...pseudoFeatures]
  return [
    ...(baseline === undefined || baselines.includes(baseline)
      ? []
      : [unknownName([...path, 'baseline'], 'baseline', baseline, baselines)]),
    ...actions.flatMap((action, index) =>
      names.actions.includes(action)
        ? []
        : [unknownName([...path, 'actions', index], 'action', action, names.actions)],
    ),
    ...features.flatMap((feature, index) =>
      // `prediction=<class>`: the share of one predicted class.
      monitored.includes(feature) || feature.startsWith('prediction=')
        ? []
        : [unknownName([...path, 'features', index], 'feature', feature, monitored)],
    ),
    ...(window === undefined || windowMs === null
      ? []
      : multipleFindings(window, [...path, 'window'], windowMs)),
  ]
}

function countFindings({ for: count }: MonitorSpec, path: Path): Finding[] {
  const [k = 0, n = 0] = count?.split(' of ').map(Number) ?? []
  return k <= n
    ? []
    : [wrong([...path, 'for'], `found "${count ?? ''}": more than there are windows`)]
}

export function sliceFindings(
  { slices = [] }: Pick<MonitorSpec, 'slices'>,
  path: Path,
  declared: readonly (string | readonly string[])[],
): Finding[] {
  const known = declared.map((slice) => (typeof slice === 'string' ? [slice] : slice))
  return slices.flatMap((slice, index) => {
    if (slice === '' || slice === '*') return []
    const at = [...path, 'slices', index]
    const dimensions = sliceDimensions(slice)
    if (dimensions === null) {
      return [wrong(at, `found "${slice}"; allowed: dimension=value[,dimension=value], "" or "*"`)]
    }
    const same = known.find((k) => [...k].sort().join() === [...dimensions].sort().join())
    if (same === undefined) {
      const all =
        known.length === 0 ? 'none' : listed([...new Set(known.map((k) => k.join(' × ')))])
      return [wrong(at, `no slice by ${dimensions.join(' × ')}; declared under slices: ${all}`)]
    }
    return same.join() === dimensions.join()
      ? []
      : [wrong(at, `the declared order is ${same.join(', ')}: write the dimensions in it`)]
  })
}

/** The dimensions of `origin=ATL,destination=BOS`; null if it is no slice name. */
function sliceDimensions(slice: string): string[] | null {
  const dimensions: string[] = []
  for (const part of slice.split(',')) {
    const [dimension = '', value, ...more] = part.split('=')
    const encoded = value !== undefined && !/%(?![0-9A-Fa-f]{2})/.test(value)
    if (dimension === '' || !encoded || more.length > 0) return null
    dimensions.push(dimension)
  }
  return dimensions
}
