#!/usr/bin/env node
import { AppError } from '../core/errors.ts'
import { buildProgram } from './program.ts'

try {
  await buildProgram().parseAsync()
} catch (error) {
  // Anything else is a bug: its stack is what a report of it needs.
  if (!(error instanceof AppError)) throw error
  console.error(`tidegauge: ${error.message} [${error.code}]`)
  process.exitCode = 1
}
