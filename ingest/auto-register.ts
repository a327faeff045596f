import type { InferredKind, ModelFile, Task } from '../core/model-spec.ts'
import { inferredKind } from './read-features.ts'
import { isName } from './rejection.ts'
import type { JsonObject } from './validate.ts'

/**
 * The model file that a first event describes: features by the type of their values, the task by its
 * prediction. A model that was guessed wrong is put right by a model file of the same name, as long
 * as no column changes its type.
 */
export function inferModelFile(model: string, event: JsonObject): ModelFile {
  const features: Record<string, InferredKind> = {}
  const given = event['features']
  if (typeof given === 'object' && given !== null && !Array.isArray(given)) {
    for (const [name, value] of Object.entries(given)) {
      const kind = inferredKind(value)
      // An own property even for a feature that is called __proto__.
      if (kind !== null && isName(name))
        Object.defineProperty(features, name, { value: kind, enumerable: true })
    }
  }
  const hasOutput = event['prediction'] !== undefined || event['score'] !== undefined
  return {
    model,
    kind: hasOutput ? 'model' : 'features',
    task: inferredTask(event['prediction'], event['score']),
    features,
  }
}

function inferredTask(prediction: unknown, score: unknown): Task {
  if (prediction === undefined || prediction === null) return 'none'
  if (typeof score === 'object' && score !== null) {
    return Object.keys(score).length > 2 ? 'multiclass_classification' : 'binary_classification'
  }
  if (prediction === 0 || prediction === 1 || typeof prediction === 'boolean')
    return 'binary_classification'
  if (prediction === '0' || prediction === '1') return 'binary_classification'
  return typeof prediction === 'number' ? 'regression' : 'multiclass_classification'
}
