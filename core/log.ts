import { createRequire } from 'node:module'
import { pino, type DestinationStream, type Logger } from 'pino'
import { scrub, secretMark } from './secrets.ts'
import { traceFields } from './tracing.ts'

export type { Logger } from 'pino'

export interface LogOptions {
  readonly level: 'silent' | 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace'
  readonly format: 'auto' | 'json' | 'pretty'
}

/** Fields whose value is never written, whatever object they lie in. */
const secretFields = [
  'authorization',
  'cookie',
  'password',
  'secret',
  'secrets',
  'token',
  'api_key',
  'apiKey',
]

// The logger's wildcards stand for one level each; nothing here logs objects nested deeper.
const redactedPaths = secretFields.flatMap((field) => [
  field,
  `*.${field}`,
  `*.*.${field}`,
  `*.*.*.${field}`,
])

/**
 * The program's logger: one line an event on standard output, secrets redacted by field name and once
 * more by their looks. `destination` takes the place of standard output in tests.
 */
export function createLogger(options: LogOptions, destination?: DestinationStream): Logger {
  return pino(
    {
      level: options.level,
      // Host and process are the supervisor's to add.
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      mixin: traceFields,
      redact: { paths: redactedPaths, censor: secretMark },
      hooks: { streamWrite: scrub },
    },
    destination ?? standardOutput(options.format),
  )
}

function standardOutput(format: LogOptions['format']): DestinationStream {
  const wanted = format === 'pretty' || (format === 'auto' && process.stdout.isTTY)
  // Synchronous: the last lines before a crash are the ones that matter.
  return (wanted ? prettyStream() : null) ?? pino.destination({ dest: 1, sync: true })
}

/** Null where pino-pretty is not installed: it is for development only. */
function prettyStream(): DestinationStream | null {
  const require = createRequire(import.meta.url)
  try {
    require.resolve('pino-pretty')
  } catch {
    return null
  }
  const pretty = require('pino-pretty') as (options: object) => DestinationStream
  return pretty({ colorize: process.stdout.isTTY, translateTime: 'SYS:HH:MM:ss', sync: true })
}
