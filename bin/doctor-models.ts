import { access, constants } from 'node:fs/promises'
import type { Config } from '../core/config.ts'
import { createModelDirectory } from '../core/model-directory.ts'
import { modelSpec, type ModelSpec } from '../core/model-spec.ts'
import { problemLine } from '../core/problems.ts'
import { metricNames } from '../detectors/metric-names.ts'
import { sequentialMethods } from '../detectors/sequential/window-series.ts'
import { allowedFile } from '../monitor/allowed-file.ts'
import { fail, ok, warn, type Finding } from './doctor-finding.ts'

/** The model files of this host. */
export interface ModelFilesReading {
  readonly findings: readonly Finding[]
  readonly specs: readonly ModelSpec[]
}

export async function readModelFiles(config: Config): Promise<ModelFilesReading> {
  const { directory } = config.models
  const findings: Finding[] = []
  const specs = new Map<string, ModelSpec>()
  const scan = createModelDirectory({
    directory,
    metrics: metricNames,
    sequential: sequentialMethods,
    onModel: async (file, path) => {
      const spec = modelSpec(file)
      if (specs.has(spec.model))
        findings.push(
          fail(
            `model ${spec.model}`,
            `${path} declares it a second time: which file counts is a matter of chance`,
            'leave one file a model',
          ),
        )
      specs.set(spec.model, spec)
      findings.push(...(await fileFindings(config, spec)), ...danglingFindings(spec))
    },
    onProblems: (path, problems) => {
      findings.push(
        ...problems.map((problem) =>
          fail(
            'model files',
            problemLine(problem),
            `mend ${path}; its last revision stays in force`,
          ),
        ),
      )
    },
  })
  try {
    await scan.scan()
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error
    const detail = `${directory} cannot be read (${String(error.code)})`
    return { findings: [fail('model files', detail, 'let the service read it')], specs: [] }
  }
  const counted = ok('model files', `${specs.size} in ${directory}`)
  return { findings: [counted, ...findings], specs: [...specs.values()] }
}

/** Actions that no monitor triggers, monitors that tell nobody. */
function danglingFindings({ model, monitors, actions }: ModelSpec): Finding[] {
  const used = new Set(monitors.flatMap((monitor) => monitor.actions ?? []))
  const unused = [...actions.keys()].filter((name) => !used.has(name))
  return unused.map((name) =>
    warn(
      `model ${model}`,
      `no monitor triggers action "${name}"`,
      'name it in actions of a monitor, or take it out',
    ),
  )
}

async function fileFindings(
  { files }: Config,
  { model, baselines }: ModelSpec,
): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const [name, baseline] of baselines) {
    if (!('file' in baseline)) continue
    const place = await allowedFile(baseline.file, files.directories)
    if (place.kind === 'elsewhere')
      findings.push(
        fail(
          `model ${model}`,
          `baseline "${name}": ${baseline.file} is outside the directories files are read from`,
          'move it, or add its directory to files.directories',
        ),
      )
    else if (place.kind === 'absent' || !(await isReadable(place.path)))
      findings.push(
        warn(
          `model ${model}`,
          `baseline "${name}": ${baseline.file} is not there or cannot be read`,
          'put the file there; nothing is computed until a baseline has frozen the bins',
        ),
      )
  }
  return findings
}

const isReadable = (path: string): Promise<boolean> =>
  access(path, constants.R_OK).then(
    () => true,
    () => false,
  )
