import type { ModelDraft } from './model-draft.ts'
import { multipleFindings, unknownName, wrong } from './model-rules.ts'
import type { MonitorSpec } from './model-schema.ts'
import { thresholdPattern } from './monitor-schema.ts'
import { pseudoFeatures } from './names.ts'
import { listed, type Path } from './problems.ts'
import type { Finding } from './schema-problems.ts'

/**
 * What a schema cannot say about the monitors of a model file, and about its list of detectors.
 * `metrics`: every metric name and method id there is; undefined leaves metric names unchecked.
 */
export function monitorFindings(
  draft: ModelDraft,
  metrics: readonly string[] | undefined,
): Finding[] {
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
        ...metricFindings(monitor.metric, [...path, 'metric'], metrics),
        ...referenceFindings(monitor, path, draft),
        ...thresholdFindings(monitor, path),
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

/** What a monitor names must be there, and its window must be one that is computed. */
function referenceFindings(
  { baseline, actions = [], features = [], window }: MonitorSpec,
  path: Path,
  { names, windowMs }: ModelDraft,
): Finding[] {
  // With no baseline declared there is one all the same (model-spec.ts).
  const baselines = names.baselines.length === 0 ? ['first'] : names.baselines
  const monitored = [...names.features, ...pseudoFeatures]
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

function thresholdFindings({ warn, critical }: MonitorSpec, path: Path): Finding[] {
  if (warn === undefined && critical === undefined) {
    return [wrong(path, 'neither warn nor critical is given: it would never fire')]
  }
  if (warn === undefined || critical === undefined) return []
  const [low, high] = [threshold(warn), threshold(critical)]
  const at = [...path, 'critical']
  if (low.above !== high.above) {
    return [wrong(at, `critical "${critical}" and warn "${warn}" look in opposite directions`)]
  }
  const further = high.above ? high.value - low.value : low.value - high.value
  const wider = further === 0 && high.inclusive && !low.inclusive
  return further < 0 || wider
    ? [wrong(at, `critical "${critical}" is weaker than warn "${warn}"`)]
    : []
}

/** `> 0.2`: above, exclusive, 0.2. */
function threshold(text: string): { above: boolean; inclusive: boolean; value: number } {
  const [, operator = '', value = ''] = new RegExp(thresholdPattern).exec(text) ?? []
  return {
    above: operator.startsWith('>'),
    inclusive: operator.endsWith('='),
    value: Number(value),
  }
}

function countFindings({ for: count }: MonitorSpec, path: Path): Finding[] {
  const [k = 0, n = 0] = count?.split(' of ').map(Number) ?? []
  return k <= n
    ? []
    : [wrong([...path, 'for'], `found "${count ?? ''}": more than there are windows`)]
}

function sliceFindings(
  { slices = [] }: MonitorSpec,
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
