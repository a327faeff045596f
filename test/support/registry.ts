import { modelSpec, type ModelFile } from '../../core/model-spec.ts'
import type { ModelRegistry, RegisteredModel } from '../../store/model-registry.ts'

/** A registry without a store, for what only reads or extends models. */
export function memoryRegistry(files: readonly ModelFile[]): ModelRegistry {
  const models = new Map<string, RegisteredModel>()
  const put: ModelRegistry['put'] = async (file, origin) => {
    const known = models.get(file.model)
    const model = {
      spec: modelSpec(file),
      revision: (known?.revision ?? 0) + 1,
      origin,
      createdAt: new Date(0),
    }
    models.set(file.model, model)
    return model
  }
  for (const file of files) void put(file, 'file')
  return {
    get: (model) => models.get(model),
    list: () => [...models.values()],
    history: async (model) => [...models.values()].filter(({ spec }) => spec.model === model),
    put,
    extend: async (model, features) => {
      const { file } = models.get(model)!.spec
      return put(
        { ...file, features: { ...file.features, ...Object.fromEntries(features) } },
        'auto',
      )
    },
    refresh: async () => undefined,
  }
}
