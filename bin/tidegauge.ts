#!/usr/bin/env node
import { Command } from 'commander'
import { AppError } from '../core/errors.ts'
import { configCommand } from './config.ts'
import { queryCommand } from './query.ts'
import { serveCommand } from './serve.ts'
import { version } from './version.ts'

const program = new Command('tidegauge')
  .description('Streaming monitoring and drift observability for machine-learning models.')
  .version(version)
  .showHelpAfterError()
program.addCommand(serveCommand())
program.addCommand(queryCommand())
program.addCommand(configCommand())

try {
  await program.parseAsync()
} catch (error) {
  if (!(error instanceof AppError)) throw error
  console.error(`tidegauge: ${error.message} [${error.code}]`)
  process.exitCode = 1
}
