import type { KnownNames, SequentialMethods } from './known-names.ts'
import { modelDraft } from './model-draft.ts'
import { modelFindings } from './model-rules.ts'
import { modelSpec, ModelSpecSchema, type ModelFile, type ModelSpec } from './model-spec.ts'
import { monitorFindings } from './monitor-rules.ts'
import { multivariateFindings } from './multivariate-rules.ts'
import { outlierFindings } from './outlier-rules.ts'
import { presetFindings } from './preset-rules.ts'
import type { Problem } from './problems.ts'
import {
  isMapping,
  placed,
  schemaFindings,
  type Finding,
  type SchemaNode,
} from './schema-problems.ts'
import { sequentialFindings } from './sequential-rules.ts'
import { parseYaml } from './yaml-file.ts'

export interface ParseModelOptions {
  /** The file's name in messages. */
  readonly fileName: string
  /** Every metric name and method id there is. Left out: metric names are not checked. */
  readonly metrics?: readonly string[]
  /** What sequential detectors there are. Left out: neither they nor their parameters are checked. */
  readonly sequential?: SequentialMethods
}

export type ParsedModel =
  | { readonly ok: true; readonly file: ModelFile; readonly spec: ModelSpec }
  | { readonly ok: false; readonly problems: readonly Problem[] }

/**
 * A model file from YAML or JSON, checked by schema and rules; all problems at once, in the order of
 * the file. Names come out in Unicode NFC, as events are read. Paths of baseline files stay as
 * written: they are relative to the model file, which only the caller knows.
 */
export function parseModelFile(
  text: string,
  { fileName, metrics, sequential }: ParseModelOptions,
): ParsedModel {
  const parsed = parseYaml(text.normalize('NFC'), fileName)
  if (!parsed.ok) return parsed
  const findings = modelFileFindings(parsed.value, { metrics, sequential })
  if (findings.length > 0) {
    const problems = placed(findings, parsed, fileName)
    return { ok: false, problems: problems.sort(byPlace) }
  }
  const file = parsed.value as ModelFile
  return { ok: true, file, spec: modelSpec(file) }
}

const byPlace = (a: Problem, b: Problem): number =>
  (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0)

/** What is wrong with a model file that is already an object. */
export function modelFileFindings(
  value: unknown,
  known: KnownNames = { metrics: undefined, sequential: undefined },
): Finding[] {
  const bySchema = schemaFindings(ModelSpecSchema as unknown as SchemaNode, value)
  if (!isMapping(value)) return bySchema
  const draft = modelDraft(value, bySchema)
  return [
    ...bySchema,
    ...modelFindings(draft),
    ...outlierFindings(draft),
    ...presetFindings(draft),
    ...multivariateFindings(draft),
    ...sequentialFindings(draft, known),
    ...monitorFindings(draft, known),
  ]
}
