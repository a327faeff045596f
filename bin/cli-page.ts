import { Help, type Command } from 'commander'
import { buildProgram, exampleText, leafCommands } from './program.ts'
import { generatedNote } from './reference-pages.ts'

/** Wide enough that most options stand on one line. */
const helpWidth = 100

/** docs/reference/cli.md: what every command's `--help` says. */
export function cliPage(): string {
  const leaves = leafCommands(buildProgram())
  const list = leaves.map(({ command, words }) => [
    `[\`${words}\`](#tidegauge-${words.replaceAll(' ', '-')})`,
    command.description(),
  ])
  return `${generatedNote('the commands in bin/')}

# Command line

In a checkout: \`npm run tidegauge -- <command>\`; of a build: \`node dist/bin/tidegauge.js <command>\`.

| Command | Does |
| --- | --- |
${list.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}

Commands that take \`--url\` ask a running service; those that take \`--data\` or \`--config\` open the store
themselves, and an embedded store belongs to one process at a time. Everything that was wrong is one line on
standard error with its [code](../errors.md), and exit code 1.

${leaves.map(section).join('\n\n')}
`
}

function section({ command, words }: { command: Command; words: string }): string {
  const help = new Help()
  help.prepareContext({ helpWidth })
  const text = help.formatHelp(command, help).trimEnd()
  return `## tidegauge ${words}

\`\`\`text
${text}

${exampleText(words).trim()}
\`\`\``
}
