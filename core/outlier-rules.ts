import { featureSpec, isDescribed, type FeatureEntry } from './feature-schema.ts'
import type { ModelDraft } from './model-draft.ts'
import { unknownName, wrong } from './model-rules.ts'
import type { Finding } from './schema-problems.ts'

/** What a schema cannot say about the outlier scores of a model file. */
export function outlierFindings({ file, names }: ModelDraft): Finding[] {
  const { outliers } = file
  if (outliers === undefined) return []
  const features = (outliers.features ?? []).flatMap((feature, index) =>
    names.features.includes(feature)
      ? describedFindings(file.features?.[feature], feature, index)
      : [unknownName(['outliers', 'features', index], 'feature', feature, names.features)],
  )
  return [...features, ...baselineFindings(outliers.baseline, { file, names })]
}

function describedFindings(
  entry: FeatureEntry | undefined,
  feature: string,
  index: number,
): Finding[] {
  if (entry === undefined || !isDescribed(featureSpec(entry).type)) return []
  return [
    wrong(
      ['outliers', 'features', index],
      `"${feature}" is text or an embedding: outlier scores are of numeric, categorical and boolean features`,
    ),
  ]
}

/** What a moving baseline holds depends on the window, and a scorer is fitted once. */
function baselineFindings(
  name: string | undefined,
  { file, names }: Pick<ModelDraft, 'file' | 'names'>,
): Finding[] {
  const path = ['outliers', 'baseline']
  const declared = names.baselines.length === 0 ? ['first'] : names.baselines
  if (name === undefined) return []
  if (!declared.includes(name)) return [unknownName(path, 'baseline', name, declared)]
  const baseline = file.baselines?.[name]
  if (baseline === undefined || !('trailing' in baseline || 'version' in baseline)) return []
  return [wrong(path, `"${name}" has no rows of its own; allowed: a file, a range, first events`)]
}
