import type { Command } from 'commander'
import { vi } from 'vitest'

export interface CommandOutput {
  readonly out: string
  readonly err: string
  readonly exitCode: number
}

/** Runs a command as the command line would, and answers what it prints. Errors it throws are thrown. */
export async function runCommand(
  command: Command,
  args: readonly string[],
): Promise<CommandOutput> {
  const out = vi.spyOn(console, 'log').mockImplementation(() => undefined)
  const err = vi.spyOn(console, 'error').mockImplementation(() => undefined)
  const text = (spy: typeof out): string => spy.mock.calls.map((call) => call.join(' ')).join('\n')
  try {
    process.exitCode = 0
    await command.parseAsync(args, { from: 'user' })
    return { out: text(out), err: text(err), exitCode: process.exitCode }
  } finally {
    process.exitCode = 0
    out.mockRestore()
    err.mockRestore()
  }
}
