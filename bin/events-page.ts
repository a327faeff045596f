import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { generatedNote } from './reference-pages.ts'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** Folders whose lines end up in the log of a service. */
const folders = ['bin', 'ingest', 'monitor', 'alerts', 'api'] as const

const levels = ['fatal', 'error', 'warn', 'info', 'debug'] as const
type Level = (typeof levels)[number]

const meanings: Readonly<Record<Level, string>> = {
  fatal: 'The process ends and wants to be started again.',
  error: 'Somebody is needed, or something is lost.',
  warn: 'Unexpected; it mends itself or is tried again.',
  info: 'What happens in the life of the service.',
  debug: 'Left out unless `log.level` asks for it.',
}

/** What webhooks are about. */
const webhooks: Readonly<Record<string, string>> = {
  'tidegauge.alert.firing':
    'Series of a monitor have entered `warn` or `critical`, or gone from one to the other.',
  'tidegauge.alert.resolved':
    'They are back to `ok`, or late data has shown that what was told never happened (`retracted`).',
  'tidegauge.partition.halted':
    'A Kafka partition is not read any more because too much of it is refused. Sent to `alerts.operations`.',
  'tidegauge.partition.released': 'It is read again.',
}

interface LogLine {
  readonly level: Level
  readonly message: string
  readonly file: string
}

/** docs/reference/events.md: everything that the service says by itself. */
export function eventsPage(): string {
  return `${generatedNote('the log lines and messages in the source')}

# Events

What the service says by itself: webhooks to receivers, and lines of the log. Its numbers are in
[metrics](../metrics.md).

## Webhooks

The \`type\` of a message tells what it is about; [receive webhooks](../how-to/receive-webhooks.md) has the rest of it.

| \`type\` | when |
| --- | --- |
${webhookTypes()
  .map((type) => `| \`${type}\` | ${meaningOf(type)} |`)
  .join('\n')}

## Log

A line has \`level\`, \`time\`, \`msg\` and the facts of what happened; \`err\` where something failed, with \`err.code\` of
[errors](../errors.md). Secrets, bodies and features are in none of them.

${levels.map((level) => levelText(level)).join('\n\n')}
`
}

/** The literals of message types in the source, so that one that is new is not forgotten here. */
function webhookTypes(): string[] {
  const found = sources('alerts').flatMap(([, text]) =>
    [...text.matchAll(/'(tidegauge\.[a-z]+\.[a-z]+)'/g)].map(([, type = '']) => type),
  )
  return [...new Set(found)].sort()
}

function meaningOf(type: string): string {
  const meaning = webhooks[type]
  if (meaning === undefined) throw new RangeError(`say in bin/events-page.ts what ${type} means`)
  return meaning
}

function levelText(level: Level): string {
  const lines = logLines().filter((line) => line.level === level)
  const rows = lines.map(
    ({ message, file }) => `| ${message.replaceAll('|', '\\|')} | \`${file}\` |`,
  )
  return `### ${level}

${meanings[level]}

| \`msg\` | said by |
| --- | --- |
${[...new Set(rows)].join('\n')}`
}

/** Lines whose message stands in the source. A value within one is shown as …. */
function logLines(): LogLine[] {
  return folders.flatMap((folder) =>
    sources(folder).flatMap(([file, text]) =>
      [...text.matchAll(/\blog\.(fatal|error|warn|info|debug)\(([\s\S]*?)\)\n/g)].flatMap(
        ([, level, call = '']): LogLine[] => {
          const message = [...call.matchAll(/'((?:[^'\\]|\\.)*)'|`([^`]*)`/g)].at(-1)
          if (message === undefined) return []
          const text = (message[1] ?? message[2] ?? '').replaceAll(/\$\{[^}]*\}/g, '…')
          return [{ level: level as Level, message: text, file }]
        },
      ),
    ),
  )
}

function sources(folder: string): [file: string, text: string][] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .sort()
    .map((name) => [`${folder}/${name}`, readFileSync(join(root, folder, name), 'utf8')])
}
