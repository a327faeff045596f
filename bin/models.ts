import { extname } from 'node:path'
import { Command } from 'commander'
import { stringify } from 'yaml'
import { budgetNotes } from '../core/budget-notes.ts'
import { AppError } from '../core/errors.ts'
import { readText } from '../core/config.ts'
import { problemLine, type Problem } from '../core/problems.ts'
import { isMapping } from '../core/schema-problems.ts'
import { parseModelFile } from '../core/validate-model.ts'
import { metricNames, untestedMetrics } from '../detectors/metric-names.ts'
import { sequentialMethods } from '../detectors/sequential/window-series.ts'
import { serviceAddress, withServiceOptions, type ServiceOptions } from './service-options.ts'
import { askService } from './service-request.ts'
import { printable, tableText } from './table-text.ts'

/** A model as the API publishes it. */
interface Model {
  readonly model: string
  readonly revision: number
  readonly origin: string
  readonly created_at: string
  readonly spec: Readonly<Record<string, unknown>>
  readonly effective: {
    readonly kind: string
    readonly task: string
    readonly features: Readonly<Record<string, unknown>>
    readonly windows: readonly string[]
    readonly baselines: readonly string[]
  }
}

/** `models list | show | put | history | validate`: what is monitored, and how. */
export function modelsCommand(): Command {
  const command = new Command('models').description(
    'Look at, change and check the models of a running service.',
  )
  command.addCommand(listCommand())
  command.addCommand(showCommand())
  command.addCommand(putCommand())
  command.addCommand(historyCommand())
  command.addCommand(validateCommand())
  return command
}

function listCommand(): Command {
  const command = new Command('list').description('Every model the service knows.')
  return withServiceOptions(command, 'read').action(async (options: ServiceOptions) => {
    const { models } = (await ask(options, 'v1/models')) as { models: readonly Model[] }
    print(options, models, () => (models.length === 0 ? 'No models yet.' : listTable(models)))
  })
}

function showCommand(): Command {
  const command = new Command('show')
    .description('One model: its file as written, and what it means with every default.')
    .argument('<model>', 'name of the model')
  return withServiceOptions(command, 'read').action(
    async (model: string, options: ServiceOptions) => {
      const found = (await ask(options, modelPath(model))) as Model
      print(options, found, () => modelText(found))
    },
  )
}

function putCommand(): Command {
  const command = new Command('put')
    .description('Check a model file and store it as the newest revision of its model.')
    .argument('<file>', 'the model file, YAML or JSON')
  return withServiceOptions(command, 'write').action(
    async (path: string, options: ServiceOptions) => {
      const { name, text } = validModelFile(path)
      const stored = (await askService(serviceAddress(options), {
        path: modelPath(name),
        method: 'PUT',
        headers: { 'content-type': isJson(path) ? 'application/json' : 'application/yaml' },
        body: text,
      })) as Model
      print(options, stored, () => `${stored.model}: revision ${stored.revision} is in force`)
    },
  )
}

function historyCommand(): Command {
  const command = new Command('history')
    .description('Every revision of a model, newest first, and which keys it changed.')
    .argument('<model>', 'name of the model')
  return withServiceOptions(command, 'read').action(
    async (model: string, options: ServiceOptions) => {
      const answer = await ask(options, `${modelPath(model)}/history`)
      const { revisions } = answer as { revisions: readonly Model[] }
      print(options, revisions, () => historyTable(revisions))
    },
  )
}

function validateCommand(): Command {
  return new Command('validate')
    .description('Check model files and tell every problem; asks no service.')
    .argument('<files...>', 'model files, YAML or JSON')
    .action((files: string[]) => {
      const read = files.map(checked)
      const problems = read.flatMap((file) => file.problems)
      for (const problem of problems) console.error(printable(problemLine(problem)))
      for (const note of read.flatMap(({ notes }) => notes)) console.error(printable(note))
      if (problems.length > 0) process.exitCode = 1
      else console.log(`valid: ${files.join(', ')}`)
    })
}

const modelPath = (model: string): string => `v1/models/${encodeURIComponent(model)}`

const isJson = (path: string): boolean => extname(path).toLowerCase() === '.json'

const ask = (options: ServiceOptions, path: string): Promise<unknown> =>
  askService(serviceAddress(options), { path })

function print(options: ServiceOptions, value: unknown, text: () => string): void {
  console.log(options.format === 'json' ? JSON.stringify(value, null, 2) : text())
}

/** Problems are told here with the file's own name: the service knows a body only. */
function validModelFile(path: string): { name: string; text: string } {
  const { name, text, problems } = checked(path)
  if (problems.length === 0) return { name, text }
  const lines = problems.map((problem) => `  ${printable(problemLine(problem))}`)
  throw new AppError('MODEL_INVALID', `nothing was sent:\n${lines.join('\n')}`)
}

interface CheckedFile {
  readonly name: string
  readonly text: string
  readonly problems: readonly Problem[]
  /** What is worth knowing of a valid file. */
  readonly notes: readonly string[]
}

function checked(file: string): CheckedFile {
  const text = readText(file)
  if (typeof text !== 'string') return { name: '', text: '', problems: [text], notes: [] }
  const parsed = parseModelFile(text, {
    fileName: file,
    metrics: metricNames,
    sequential: sequentialMethods,
  })
  if (!parsed.ok) return { name: '', text, problems: parsed.problems, notes: [] }
  const notes = budgetNotes(parsed.file, untestedMetrics).map((note) => `${file}: note: ${note}`)
  return { name: parsed.file.model, text, problems: [], notes }
}

function listTable(models: readonly Model[]): string {
  return tableText(
    ['model', 'kind', 'task', 'features', 'windows', 'baselines', 'revision', 'origin', 'since'],
    models.map(({ model, effective, revision, origin, created_at: since }) => [
      model,
      effective.kind,
      effective.task,
      Object.keys(effective.features).length,
      effective.windows.join(' '),
      effective.baselines.join(' '),
      revision,
      origin,
      since,
    ]),
  )
}

function modelText({ model, revision, origin, created_at: since, spec, effective }: Model): string {
  const head = `# ${model}, revision ${revision}, by ${origin}, since ${since}`
  const written = `${head}\n# As written:\n${stringify(spec)}`
  return printable(`${written}\n# With every default:\n${stringify(effective)}`.trimEnd())
}

function historyTable(revisions: readonly Model[]): string {
  return tableText(
    ['revision', 'since', 'origin', 'changed'],
    revisions.map(({ revision, created_at: since, origin, spec }, index) => {
      const before = revisions[index + 1]?.spec
      return [
        revision,
        since,
        origin,
        before === undefined ? 'new' : changedKeys(before, spec).join(' '),
      ]
    }),
  )
}

/** Keys of a model file, down to the entries of its mappings and of lists with names. */
function changedKeys(before: unknown, after: unknown, path = ''): string[] {
  if (JSON.stringify(before) === JSON.stringify(after)) return []
  if (!isMapping(before) || !isMapping(after) || path.includes('.')) return [path]
  const keys = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...keys].flatMap((key) =>
    changedKeys(before[key], after[key], path === '' ? key : `${path}.${key}`),
  )
}
