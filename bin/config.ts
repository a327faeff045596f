import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import { Document, isNode, isScalar, isSeq } from 'yaml'
import {
  configFileProblems,
  environment,
  readConfig,
  readText,
  type ConfigReading,
} from '../core/config.ts'
import { ConfigSchema } from '../core/config-schema.ts'
import { optionsOf } from '../core/config-sources.ts'
import { problemLine, type Problem } from '../core/problems.ts'
import { isMapping, type SchemaNode } from '../core/schema-problems.ts'
import { scrub, secretMark } from '../core/secrets.ts'
import { parseModelFile } from '../core/validate-model.ts'
import { sequentialMethods } from '../detectors/sequential/window-series.ts'
import { parseYaml } from '../core/yaml-file.ts'

export interface ConfigCommandOptions {
  /** Every metric name and method id there is. Left out: metric names of monitors are not checked. */
  readonly metrics?: readonly string[]
}

/** `tidegauge config print | validate`. Both end with exit code 1 if anything is wrong. */
export function configCommand({ metrics }: ConfigCommandOptions = {}): Command {
  const command = new Command('config').description('show or check configuration and model files')
  command
    .command('print')
    .description('print the effective configuration as YAML, secrets redacted')
    .option('-c, --config <file>', 'configuration file (default: tidegauge.yaml if there is one)')
    .action(({ config: file }: { config?: string }) => {
      const reading = readConfig({ ...(file === undefined ? {} : { file }), env: environment() })
      process.stdout.write(printedConfig(reading))
      report(reading.problems)
    })
  command
    .command('validate')
    .argument('[files...]', 'configuration and model files')
    .option('-c, --config <file>', 'configuration file (default: tidegauge.yaml if there is one)')
    .description(
      'check files and tell every problem; without files, the effective configuration and the model files of its directory',
    )
    .action((files: string[], { config }: { config?: string }) => {
      const targets = files.length > 0 ? files : modelFilesOf(config)
      const problems = targets.flatMap((file) => fileProblems(file, metrics))
      report(files.length > 0 ? problems : [...effectiveProblems(config), ...problems])
      if (process.exitCode !== 1) console.log(validText(targets, files.length === 0))
    })
  return command
}

function validText(files: readonly string[], withConfig: boolean): string {
  const count = files.length === 1 ? '1 model file' : `${files.length} model files`
  return withConfig ? `valid: the configuration and ${count}` : `valid: ${files.join(', ')}`
}

function report(problems: readonly Problem[]): void {
  for (const problem of problems) console.error(problemLine(problem))
  if (problems.length > 0) process.exitCode = 1
}

function effectiveProblems(file: string | undefined): readonly Problem[] {
  return readConfig({ ...(file === undefined ? {} : { file }), env: environment() }).problems
}

/** The model files that the service would read. None if the configuration is too wrong to tell where. */
function modelFilesOf(file: string | undefined): string[] {
  const { config } = readConfig({ ...(file === undefined ? {} : { file }), env: environment() })
  return config === null ? [] : modelFilesIn(config.models.directory)
}

/** Paths of the model files in a directory, by name. None if there is no such directory. */
export function modelFilesIn(directory: string): string[] {
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory() !== true) return []
  return readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ya?ml|json)$/i.test(entry.name))
    .map(({ name }) => join(directory, name))
    .sort()
}

/** What is wrong with one configuration or model file: a model file is one that has `model` on top. */
export function fileProblems(file: string, metrics?: readonly string[]): readonly Problem[] {
  const text = readText(file)
  if (typeof text !== 'string') return [text]
  const parsed = parseYaml(text, file)
  if (!parsed.ok) return parsed.problems
  if (!isMapping(parsed.value) || !Object.hasOwn(parsed.value, 'model')) {
    return configFileProblems(file, text)
  }
  const model = parseModelFile(text, {
    fileName: file,
    sequential: sequentialMethods,
    ...(metrics === undefined ? {} : { metrics }),
  })
  return model.ok ? [] : model.problems
}

/** The configuration as YAML with all defaults; what is no default is told where it was given. */
export function printedConfig({ values, origins }: ConfigReading): string {
  const document = new Document(values)
  for (const { path, schema } of optionsOf(ConfigSchema as unknown as SchemaNode)) {
    if (!document.hasIn(path)) continue
    if (schema['x-kind'] === 'secret') document.setIn(path, secretMark)
    const node = document.getIn(path, true)
    const origin = origins.get(path.join('.'))
    if (isSeq(node) && node.items.every(isScalar)) node.flow = true
    if (isNode(node) && origin !== undefined) node.comment = ` ${origin}`
  }
  return scrub(document.toString({ lineWidth: 0 }))
}
