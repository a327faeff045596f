import { metricNames } from '../detectors/metric-names.ts'
import { sequentialMethods } from '../detectors/sequential/window-series.ts'
import { checkTarget } from '../alerts/egress.ts'
import { AppError } from '../core/errors.ts'
import type { ModelFile } from '../core/model-spec.ts'
import { parseModelFile } from '../core/validate-model.ts'
import type { RegisteredModel } from '../store/model-registry.ts'
import type { Shared } from './shared.ts'

type PutDeps = Pick<Shared, 'registry' | 'config'>

/** Stores a model file sent over the API; throws MODEL_INVALID with every problem. */
export async function putModel(
  deps: PutDeps,
  model: string,
  text: string,
): Promise<RegisteredModel> {
  const parsed = parseModelFile(text, {
    fileName: 'body',
    metrics: metricNames,
    sequential: sequentialMethods,
  })
  if (!parsed.ok) {
    const { problems } = parsed
    const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`
    throw new AppError('MODEL_INVALID', `the model file has ${count}`, { details: { problems } })
  }
  if (parsed.file.model !== model) {
    throw new AppError(
      'MODEL_INVALID',
      `the file is of model "${parsed.file.model}", the path says "${model}"`,
    )
  }
  checkActions(deps, parsed.file)
  return deps.registry.put(parsed.file, 'api')
}

/** Where webhooks may go is checked when a model is stored, and again at every attempt. */
export function checkActions({ config }: Pick<PutDeps, 'config'>, file: ModelFile): void {
  for (const { url } of Object.values(file.actions ?? {})) checkTarget(url, config.alerts.egress)
}
