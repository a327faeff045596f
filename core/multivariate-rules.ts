import { derivedNames } from './derived-features.ts'
import { durationMs, durationName } from './duration.ts'
import { featureSpec } from './feature-schema.ts'
import type { ModelDraft } from './model-draft.ts'
import { multipleFindings, unknownName, wrong } from './model-rules.ts'
import {
  multivariateEntry,
  multivariateMethods,
  writesMetric,
  type MultivariateEntry,
  type MultivariateMethod,
} from './multivariate-schema.ts'
import type { Path } from './problems.ts'
import { foundText, type Finding } from './schema-problems.ts'

/** What a schema cannot say about comparisons of whole rows, and about who watches them. */
export function multivariateFindings(draft: ModelDraft): Finding[] {
  if (!draft.multivariateKnown) return []
  const entries = (draft.file.multivariate ?? []).map(multivariateEntry)
  const same = entries.flatMap((entry, index) =>
    entries.slice(0, index).some((other) => writeSameRows(entry, other))
      ? [
          wrong(
            ['multivariate', index],
            `${entry.method} is there twice for one window and baseline`,
          ),
        ]
      : [],
  )
  return [
    ...same,
    ...entries.flatMap((entry, index) => entryFindings(entry, ['multivariate', index], draft)),
    ...watcherFindings(entries, draft),
  ]
}

/** Left out means every one, or one that another entry may name. */
function writeSameRows(a: MultivariateEntry, b: MultivariateEntry): boolean {
  const meet = (one?: string, other?: string): boolean =>
    one === undefined || other === undefined || one === other
  return a.method === b.method && meet(a.window, b.window) && meet(a.baseline, b.baseline)
}

function entryFindings(
  { method, features = [], window, baseline, sample }: MultivariateEntry,
  path: Path,
  { file, names, windowMs }: ModelDraft,
): Finding[] {
  const known = [...names.features, ...derivedNames(file.features)]
  const baselines = names.baselines.length === 0 ? ['first'] : names.baselines
  const { mostRows } = multivariateMethods[method]
  return [
    ...features.flatMap((feature, index): Finding[] => {
      const at = [...path, 'features', index]
      if (!known.includes(feature)) return [unknownName(at, 'feature', feature, known)]
      return kindFindings(method, at, { feature, entry: file.features?.[feature] })
    }),
    ...(baseline === undefined || baselines.includes(baseline)
      ? []
      : [unknownName([...path, 'baseline'], 'baseline', baseline, baselines)]),
    ...(window === undefined || windowMs === null
      ? []
      : multipleFindings(window, [...path, 'window'], windowMs)),
    ...(sample === undefined || sample <= mostRows
      ? []
      : [wrong([...path, 'sample'], `found ${sample}; ${method} takes ${mostRows} rows at most`)]),
  ]
}

type Entry = NonNullable<ModelDraft['file']['features']>[string]

function kindFindings(
  method: MultivariateMethod,
  path: Path,
  { feature, entry }: { readonly feature: string; readonly entry: Entry | undefined },
): Finding[] {
  const type = entry === undefined ? null : featureSpec(entry).type
  if (type === 'text') {
    const numbers = derivedNames({ [feature]: 'text' })
      .slice(0, 2)
      .join(', ')
    return [wrong(path, `"${feature}" is text: name numbers computed of it, such as ${numbers}`)]
  }
  if (type !== 'embedding' || multivariateMethods[method].embeddings) return []
  return [wrong(path, `"${feature}" is an embedding: domain-classifier and mmd compare those`)]
}

/** A metric that nothing computes would never be judged. */
function watcherFindings(
  entries: readonly MultivariateEntry[],
  { monitors, sequential, windowMs }: ModelDraft,
): Finding[] {
  const all = Object.keys(multivariateMethods) as MultivariateMethod[]
  const watchers = [
    ...monitors.map((monitor, index) => ({ list: 'monitors', index, watcher: monitor })),
    ...sequential.map((entry, index) => ({ list: 'sequential', index, watcher: entry })),
  ]
  return watchers.flatMap(({ list, index, watcher }): Finding[] => {
    const metric = watcher?.metric
    if (metric === undefined || !all.some((method) => writesMetric(method, metric))) return []
    const writers = entries.filter(({ method }) => writesMetric(method, metric))
    if (writers.length === 0) {
      const text = `found ${foundText(metric)}, but no entry of \`multivariate\` computes it`
      return [wrong([list, index, 'metric'], text)]
    }
    if (windowMs === null || writers.some(({ window }) => window === undefined)) return []
    const judged = watcher?.window === undefined ? windowMs : durationMs(watcher.window)
    const widths = writers.flatMap(({ window }) => (window === undefined ? [] : [window]))
    return widths.some((window) => durationMs(window) === judged)
      ? []
      : [
          wrong(
            [list, index],
            `${metric} is computed for windows of ${widths.join(' and ')}, not of ${durationName(judged)}`,
          ),
        ]
  })
}
