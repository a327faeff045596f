import { durationMs } from './duration.ts'
import type { ModelDraft } from './model-draft.ts'
import { wrong } from './model-rules.ts'
import type { Preset } from './row-methods-schema.ts'
import type { Finding } from './schema-problems.ts'

/** Metrics that only one product's choice of tests brings. */
const presetMetrics: Readonly<Record<string, Preset>> = {
  drifted_share: 'evidently',
  drifted_fdr: 'alibi-detect',
}

/** What a schema cannot say about another product's tests: who brings a verdict, and where its rows are. */
export function presetFindings({ file, monitors }: ModelDraft): Finding[] {
  const { preset, detectors = [] } = file
  const verdicts = monitors.flatMap((monitor, index): Finding[] => {
    const path = ['monitors', index, 'metric']
    const wanted = monitor === null ? undefined : presetMetrics[monitor.metric]
    if (wanted !== undefined && preset !== wanted)
      return [wrong(path, `only a model with preset: ${wanted} has it`)]
    const judged = preset !== undefined || detectors.some((id) => id.includes('/'))
    return monitor?.metric === 'drifted' && !judged
      ? [
          wrong(
            path,
            'nothing is judged: give a preset, or detectors such as psi/evidently-0.7; of whole rows watch drifted/pca-reconstruction/nannyml-0.13',
          ),
        ]
      : []
  })
  return [...verdicts, ...keptFindings(file)]
}

/** The rows of a moving window are events: they must still be there. */
function keptFindings({ preset, baselines = {}, retention }: ModelDraft['file']): Finding[] {
  const kept = retention?.events ?? '90d'
  if (preset === undefined) return []
  return Object.entries(baselines).flatMap(([name, baseline]) =>
    'trailing' in baseline && durationMs(baseline.trailing) > durationMs(kept)
      ? [
          wrong(
            ['baselines', name, 'trailing'],
            `preset ${preset} compares stored events, and these are kept for ${kept}`,
          ),
        ]
      : [],
  )
}
