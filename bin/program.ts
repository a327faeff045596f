import { Command } from 'commander'
import { systemClock } from '../core/clock.ts'
import { environment, loadConfig } from '../core/config.ts'
import { metricNames } from '../detectors/metric-names.ts'
import { baselineCommand } from './baseline.ts'
import { commandExamples } from './command-examples.ts'
import { configCommand } from './config.ts'
import { openConfiguredStore } from './configured-store.ts'
import { deadLettersCommand } from './dead-letters.ts'
import { demoCommand } from './demo.ts'
import { doctorCommand } from './doctor.ts'
import { explainCommand } from './explain.ts'
import { ingestCommand } from './ingest.ts'
import { keysCommand } from './keys.ts'
import { modelsCommand } from './models.ts'
import { partitionsCommand } from './partitions.ts'
import { queryCommand } from './query.ts'
import { serveCommand } from './serve.ts'
import { verifyCommand } from './verify.ts'
import { version } from './version.ts'

/** The whole command line. Every command that does something shows examples in its help. */
export function buildProgram(): Command {
  const program = new Command('tidegauge')
    .description('Streaming monitoring and drift observability for machine-learning models.')
    .version(version)
    .showHelpAfterError('(add --help for options and examples)')
    .addHelpText('after', '\nStart with: tidegauge serve, then tidegauge models list.')
  program.addCommand(serveCommand())
  program.addCommand(modelsCommand())
  program.addCommand(baselineCommand())
  program.addCommand(queryCommand())
  program.addCommand(explainCommand())
  program.addCommand(ingestCommand())
  program.addCommand(deadLettersCommand())
  program.addCommand(partitionsCommand())
  program.addCommand(verifyCommand())
  program.addCommand(doctorCommand())
  program.addCommand(storedKeysCommand())
  program.addCommand(configCommand({ metrics: metricNames }))
  program.addCommand(demoCommand())
  for (const { command, words } of leafCommands(program)) {
    command.copyInheritedSettings(program).addHelpText('after', exampleText(words))
  }
  return program
}

/** Every command that does something itself, with the words that call it. */
export function leafCommands(command: Command, words = ''): { command: Command; words: string }[] {
  if (command.commands.length === 0) return [{ command, words }]
  return command.commands.flatMap((child) =>
    leafCommands(child, words === '' ? child.name() : `${words} ${child.name()}`),
  )
}

/** The examples of one command, each a comment and a line to type. */
export function exampleText(words: string): string {
  const lines = (commandExamples[words] ?? []).map(
    ({ does, line }) => `  # ${does}\n  tidegauge ${line}`,
  )
  return `\nExamples:\n${lines.join('\n')}`
}

/** Keys are kept in the store, so each of its commands must be told which. */
function storedKeysCommand(): Command {
  let chosen: { config?: string; data?: string } = {}
  const command = keysCommand({
    clock: systemClock,
    openStore: () => {
      const { config: file, data } = chosen
      const config = loadConfig({
        env: environment(),
        ...(file === undefined ? {} : { file }),
        flags: { 'store.path': data },
      })
      return openConfiguredStore(config, 'make the key with keys create --config-only')
    },
  })
  for (const child of command.commands) {
    child
      .option('-c, --config <file>', 'configuration file (default: tidegauge.yaml if there is one)')
      .option('--data <directory>', 'data directory of the embedded engine')
  }
  return command.hook('preAction', (_, action) => {
    chosen = action.opts()
  })
}
