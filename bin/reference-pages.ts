import { optionsOf } from '../core/config-sources.ts'
import { errorCodes } from '../core/errors.ts'
import type { SchemaNode } from '../core/schema-problems.ts'
import { configNode, modelNode } from './published-schemas.ts'
import { schemaReference } from './schema-reference.ts'

/** The first line of a generated page. */
export const generatedNote = (source: string): string =>
  `<!-- Generated from ${source} by \`npm run generate\`. Do not edit. -->`

/** docs/reference/config.md */
export function configPage(): string {
  return `${generatedNote('core/config-schema.ts')}

# Configuration

\`tidegauge.yaml\` in the working directory, or the file that \`--config\` or the environment variable
\`TIDEGAUGE_CONFIG\` names. Everything has a default: no file is needed. Later sources overrule earlier
ones:

1. defaults
2. the file
3. environment variables: \`TIDEGAUGE__SERVER__PORT=9090\` is \`server.port\`; lists are separated by
   commas or written as JSON; \`TIDEGAUGE__STORE__PASSWORD__FILE=/run/secrets/ch\` reads a secret from
   a file
4. command line options

Unknown keys and unknown \`TIDEGAUGE__…\` variables are errors. \`tidegauge config validate\` tells every
problem with file, line and column; \`tidegauge config print\` shows the effective configuration and
where each value came from. Relative paths in the file start from the file's directory, others from the
working directory. An editor completes and checks the file when its first line is

\`\`\`yaml
# yaml-language-server: $schema=./deploy/schemas/config.schema.json
\`\`\`

${schemaReference(configNode(), { defaults: true })}
`
}

/** The example of docs/reference/model-file.md. */
export const exampleModel = `model: flight-delay
kind: model
task: binary_classification
positive_class: "1"
features:
  distance: { type: numeric, min: 0 }
  hour: numeric
  origin: categorical
  destination: categorical
slices: [origin, [origin, destination]]
window: 1h
lateness: 10m
label_delay: 3d
baselines:
  training: { file: data/january.parquet }
  last_week: { trailing: 7d }
monitors:
  - name: input-drift
    metric: psi
    baseline: training
    window: 1d
    warn: "> 0.1"
    critical: "> 0.2"
    min_samples: 500
    for: 2 of 3
    actions: [retrain]
actions:
  retrain:
    preset: webhook
    url: https://jobs.example.com/retrain
    secret: \${env:WEBHOOK_SECRET}
    cooldown: 6h
retention: { events: 90d, profiles: 400d, metrics: 400d }
`

/** docs/reference/model-file.md */
export function modelFilePage(): string {
  return `${generatedNote('core/model-schema.ts and core/monitor-schema.ts')}

# Model files

One file a model, YAML or JSON, in \`models.directory\`. Only \`model\` is required. An editor completes
and checks it when its first line names deploy/schemas/model.schema.json, as in
[config.md](config.md). \`tidegauge config validate models/*.yaml\` tells every problem at once.

\`\`\`yaml
${exampleModel}\`\`\`

Beside what the tables say:

- The base window \`window\` divides a day or is a number of whole days; \`windows\`, the windows of
  monitors and \`trailing\` are multiples of it.
- Slices are made of declared features or \`tags.<name>\`; each slice stands there once, in whatever
  order its dimensions are written. A monitor names a slice in the declared order.
- Monitors have different names, at least one of \`warn\` and \`critical\`, and a \`critical\` that is not
  weaker than \`warn\`; what they name (metric, features, baseline, actions) exists.
- No feature is called \`prediction\`, \`score\`, \`latency_ms\` or \`label\`: those are the event's own, and
  monitors may name them.
- \`positive_class\` is for classification, \`task\` for kind \`model\`.
- URLs hold no password, and \`secret\` is a reference: model files are stored and shown.

${schemaReference(modelNode(), { defaults: false })}
`
}

/** docs/errors.md */
export function errorsPage(): string {
  const rows = Object.entries(errorCodes).map(
    ([code, { status, retryable, help }]) =>
      `| \`${code}\` | ${status} | ${retryable ? 'yes' : 'no'} | ${help.replaceAll('|', '\\|')} |`,
  )
  return `${generatedNote('core/errors.ts')}

# Errors

The API answers \`{ "code": …, "message": …, "details": … }\` with the status below. Where trying again
can help, \`Retry-After\` says when.

| Code | Status | Try again | Meaning and remedy |
| --- | --- | --- | --- |
${rows.join('\n')}
`
}

/** deploy/tidegauge.example.yaml: every option with its default, commented out. */
export function exampleConfig(): string {
  const lines = [
    '# yaml-language-server: $schema=./schemas/config.schema.json',
    '# Every option of tidegauge.yaml with its default. Uncomment what you change.',
    '# Generated from core/config-schema.ts by `npm run generate`.',
  ]
  const options = optionsOf(configNode())
  options.forEach(({ path, schema }, index) => {
    const before = options[index - 1]?.path ?? []
    path.slice(0, -1).forEach((section, depth) => {
      const opened = path.slice(0, depth + 1).every((key, at) => before[at] === key)
      if (!opened) lines.push(...(depth === 0 ? [''] : []), `${indent(depth)}${section}:`)
    })
    if (path.length === 1) lines.push('')
    lines.push(...optionLines(schema, path))
  })
  return `${lines.join('\n')}\n`
}

function optionLines(schema: SchemaNode, path: readonly string[]): string[] {
  const margin = indent(path.length - 1)
  const value = schema.default === undefined ? '' : ` ${JSON.stringify(schema.default)}`
  return [
    ...wrapped(schema.description ?? '', 96 - margin.length).map((line) => `${margin}## ${line}`),
    `${margin}# ${path.at(-1) ?? ''}:${value}`,
  ]
}

const indent = (depth: number): string => '  '.repeat(depth)

function wrapped(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + word.length < width) {
      lines[lines.length - 1] = `${last} ${word}`
    } else lines.push(word)
  }
  return lines
}
