import { CommanderError, type Command } from 'commander'
import { expect, test } from 'vitest'
import { commandExamples } from '../../bin/command-examples.ts'
import { buildProgram, leafCommands } from '../../bin/program.ts'

/** The command line with its commands taken apart: each only says that it was called. */
function parser(): { parse: (line: string) => Promise<string> } {
  const program = buildProgram()
  let called = ''
  for (const { command, words } of leafCommands(program)) {
    silent(command).action(() => {
      called = words
    })
  }
  for (const command of [program, ...program.commands]) silent(command)
  return {
    parse: async (line) => {
      called = ''
      const words = [...line.matchAll(/'([^']*)'|(\S+)/g)].map(
        ([, quoted, bare]) => quoted ?? bare!,
      )
      await program.parseAsync(words, { from: 'user' })
      return called
    },
  }
}

const silent = (command: Command): Command =>
  command.exitOverride().configureOutput({ writeErr: () => undefined, writeOut: () => undefined })

test('every command shows an example, and there is no example of a command that is gone', () => {
  const commands = leafCommands(buildProgram()).map(({ words }) => words)
  expect(Object.keys(commandExamples).sort()).toEqual([...commands].sort())
})

const lines = Object.entries(commandExamples).flatMap(([words, examples]) =>
  examples.map(({ line }) => ({ words, line })),
)

test.each(lines)('$line is understood', async ({ words, line }) => {
  expect(await parser().parse(line)).toBe(words)
})

test.each(['serve --nope', 'models nope', 'models show', 'query'])(
  '%s is refused',
  async (line) => {
    await expect(parser().parse(line)).rejects.toThrow(CommanderError)
  },
)
