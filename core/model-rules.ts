import { durationMs, durationName } from './duration.ts'
import type { ModelDraft } from './model-draft.ts'
import type { BaselineSpec } from './model-schema.ts'
import { derivedNames } from './derived-features.ts'
import { featureSpec, isDescribed, type FeatureKind } from './feature-schema.ts'
import { pseudoFeatures } from './names.ts'
import { listed, nearest, type Path } from './problems.ts'
import { foundText, repeats, type Finding } from './schema-problems.ts'

const dayMs = 86_400_000

export function wrong(path: Path, message: string, part: Finding['part'] = 'value'): Finding {
  return { path, part, message }
}

/** «found "psii"; did you mean "psi"?» */
export function unknownName(
  path: Path,
  what: string,
  found: string,
  known: readonly string[],
): Finding {
  const meant = nearest(found, known)
  const none = `the file declares no ${what}`
  const rest = known.length === 0 ? none : `allowed: ${listed(known.slice(0, 30))}`
  return wrong(
    path,
    `no ${what} ${foundText(found)}; ${meant === undefined ? rest : `did you mean "${meant}"?`}`,
  )
}

/** What a schema cannot say about a model file, except about its monitors. */
export function modelFindings(draft: ModelDraft): Finding[] {
  return [
    ...kindFindings(draft),
    ...featureFindings(draft),
    ...windowFindings(draft),
    ...sliceFindings(draft),
    ...Object.entries(draft.file.baselines ?? {}).flatMap(([name, baseline]) =>
      baselineFindings(baseline, ['baselines', name], draft.windowMs),
    ),
    ...Object.entries(draft.file.actions ?? {}).flatMap(([name, { url }]) =>
      urlFindings(url, ['actions', name, 'url']),
    ),
  ]
}

function kindFindings({ file }: ModelDraft): Finding[] {
  const findings: Finding[] = []
  const { kind = 'model', task = 'none' } = file
  if (kind !== 'model' && task !== 'none') {
    findings.push(wrong(['task'], `kind ${kind} predicts nothing; allowed: none`))
  }
  if (file.positive_class !== undefined && !task.endsWith('_classification')) {
    findings.push(
      wrong(['positive_class'], `only classification has a positive class; the task is ${task}`),
    )
  }
  return findings
}

function featureFindings({ file }: ModelDraft): Finding[] {
  return Object.entries(file.features ?? {}).flatMap(([name, feature]) => {
    const path = ['features', name]
    const findings: Finding[] = []
    if ((pseudoFeatures as readonly string[]).includes(name)) {
      findings.push(wrong(path, `"${name}" is the event's own ${name}: take another name`, 'key'))
    }
    const { type, min, max } = featureSpec(feature)
    findings.push(...derivedFindings(file.features, name, path))
    if (type !== 'numeric' && (min !== undefined || max !== undefined)) {
      findings.push(wrong(path, `min and max are for numeric features; this one is ${type}`))
    }
    if (min !== undefined && max !== undefined && min > max) {
      findings.push(wrong([...path, 'min'], `min ${min} is greater than max ${max}`))
    }
    return findings
  })
}

/** The name of a number that is computed of another feature is taken. */
function derivedFindings(
  features: ModelDraft['file']['features'],
  name: string,
  path: Path,
): Finding[] {
  return derivedNames(features).includes(name)
    ? [wrong(path, `"${name}" is computed of another feature: take another name`, 'key')]
    : []
}

function windowFindings({ file, windowMs }: ModelDraft): Finding[] {
  if (windowMs === null) return []
  const findings = (file.windows ?? []).flatMap((width, index) =>
    multipleFindings(width, ['windows', index], windowMs),
  )
  // Otherwise windows would not start at the same time every day.
  if (dayMs % windowMs !== 0 && windowMs % dayMs !== 0) {
    findings.push(
      wrong(
        ['window'],
        `found ${durationName(windowMs)}; allowed: what divides a day, such as 5m or 1h, or whole days`,
      ),
    )
  }
  return findings
}

/** Windows are made of base windows. */
export function multipleFindings(width: string, path: Path, windowMs: number): Finding[] {
  if (durationMs(width) % windowMs === 0) return []
  return [
    wrong(path, `found ${width}; allowed: multiples of the base window, ${durationName(windowMs)}`),
  ]
}

function sliceFindings({ file, names }: ModelDraft): Finding[] {
  const slices = (file.slices ?? []).map((slice) => (typeof slice === 'string' ? [slice] : slice))
  const unknown = slices.flatMap((dimensions, index) =>
    dimensions.flatMap((dimension, at) => {
      const path = Array.isArray(file.slices?.[index]) ? ['slices', index, at] : ['slices', index]
      const feature = file.features?.[dimension]
      if (feature !== undefined && isDescribed(featureSpec(feature).type))
        return [wrong(path, `"${dimension}" ${notSliced(featureSpec(feature).type)}`)]
      if (isTag(dimension) || names.features.includes(dimension)) return []
      return [unknownName(path, 'feature', dimension, names.features)]
    }),
  )
  const twice = slices.flatMap((dimensions, index) =>
    repeats(dimensions).map((at) =>
      wrong(['slices', index, at], `"${dimensions[at] ?? ''}" is there twice`),
    ),
  )
  // The order of crossed dimensions makes no other slice.
  const same = repeats(slices.map((dimensions) => [...dimensions].sort())).map((index) =>
    wrong(['slices', index], `the slice by ${listed(slices[index] ?? [], 'and')} is there twice`),
  )
  return [...unknown, ...twice, ...same]
}

const notSliced = (type: FeatureKind): string =>
  `is ${type === 'text' ? 'text' : 'an embedding'}: slices are by categorical, boolean and numeric features and tags`

/** `tags.<name>`: tags need no declaration. */
function isTag(dimension: string): boolean {
  return /^tags\.[\p{L}\p{N}_.:\-/ ]{1,128}$/u.test(dimension)
}

/** Rules of one baseline. `windowMs` null: the base window is not known. */
export function baselineFindings(
  baseline: BaselineSpec,
  path: Path,
  windowMs: number | null,
): Finding[] {
  if ('trailing' in baseline && windowMs !== null) {
    return multipleFindings(baseline.trailing, [...path, 'trailing'], windowMs)
  }
  if ('range' in baseline) {
    const { from, to } = baseline.range
    if (Date.parse(from) >= Date.parse(to)) {
      return [wrong([...path, 'range'], `found an empty range: ${from} is not before ${to}`)]
    }
  }
  return []
}

function urlFindings(text: string, path: Path): Finding[] {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    return [wrong(path, `found ${foundText(text)}; allowed: an http or https URL`)]
  }
  if (url.username !== '' || url.password !== '') {
    return [
      wrong(path, 'a URL must not hold a user name or password: the file is stored and shown'),
    ]
  }
  return []
}
