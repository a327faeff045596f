import { execFile, spawnSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Whether programs in Python can be run here; their packages are stood in for. */
export const hasPython = spawnSync('python3', ['--version']).status === 0

/** Runs a program that ends with a line of JSON, and answers it parsed. */
export async function runProgram<Result>(
  command: readonly [program: string, ...args: string[]],
  env: Readonly<Record<string, string>>,
  input = '',
): Promise<Result> {
  const [program, ...args] = command
  const settings = { env: { PATH: process.env['PATH'], PYTHONDONTWRITEBYTECODE: '1', ...env } }
  const running = run(program, args, settings)
  running.child.stdin?.end(input)
  const { stdout } = await running
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Result
}

/** The lines of a file; none where it does not exist. */
export async function linesOf(path: string): Promise<string[]> {
  const text = await readFile(path, 'utf8').catch(() => '')
  return text.split('\n').filter((line) => line !== '')
}

/** Sends lines of native events as they are. */
export async function post(service: { url: string }, lines: readonly string[]): Promise<unknown> {
  const answer = await fetch(`${service.url}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: lines.join('\n'),
  })
  return answer.json()
}
