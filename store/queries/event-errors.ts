import type { ModelSpec } from '../../core/model-spec.ts'

/**
 * How wrong one prediction was, over columns `prediction` and `label` of a labelled event: of classes 0 or
 * 1, of numbers their distance. NULL where either is missing or no number.
 */
export const eventErrors = {
  classes: 'toFloat64(prediction != label)',
  distances:
    'if(isFinite(abs(prediction - toFloat64OrNull(label))), abs(prediction - toFloat64OrNull(label)), NULL)',
} as const

/** How errors of a model are measured; null for a model that nothing tells errors of. */
export function errorKind({
  kind,
  task,
}: Pick<ModelSpec, 'kind' | 'task'>): keyof typeof eventErrors | null {
  if (kind !== 'model') return null
  if (task === 'regression') return 'distances'
  return task === 'binary_classification' || task === 'multiclass_classification' ? 'classes' : null
}
