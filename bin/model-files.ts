import { createModelDirectory, type ModelDirectory } from '../core/model-directory.ts'
import { AppError } from '../core/errors.ts'
import { problemLine } from '../core/problems.ts'
import { metricNames } from '../detectors/metric-names.ts'
import { sequentialMethods } from '../detectors/sequential/window-series.ts'
import { checkActions } from './model-put.ts'
import type { Shared } from './shared.ts'

/** The directory of model files, each stored as a new revision when it changes. */
export function modelFiles(deps: Shared): ModelDirectory {
  const { config, registry, log } = deps
  return createModelDirectory({
    directory: config.models.directory,
    metrics: metricNames,
    sequential: sequentialMethods,
    onModel: async (file, path) => {
      try {
        checkActions(deps, file)
        const before = registry.get(file.model)?.revision
        const { revision } = await registry.put(file, 'file')
        if (revision !== before) log.info({ model: file.model, revision, path }, 'model file read')
      } catch (error) {
        // A file that is wrong is told once and left; a store that is away is asked again.
        if (!(error instanceof AppError) || error.retryable) throw error
        log.error({ path, err: error }, 'model file refused, the last revision stays in force')
      }
    },
    onProblems: (path, problems) => {
      log.error(
        { path, problems: problems.map(problemLine) },
        'model file refused, the last revision stays in force',
      )
    },
  })
}
