import { execFile, spawnSync, type PromiseWithChild } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { eventually } from '../../support/service.ts'

const run = promisify(execFile)

/** Whether programs in Python can be run here; their packages are stood in for. */
export const hasPython = spawnSync('python3', ['--version']).status === 0

/** Runs a program that ends with a line of JSON, and answers it parsed. */
export async function runProgram<Result>(
  command: readonly [program: string, ...args: string[]],
  env: Readonly<Record<string, string>>,
  input = '',
): Promise<Result> {
  const running = start(command, env)
  running.child.stdin?.end(input)
  return resultOf(await running) as Result
}

const start = (
  [program, ...args]: readonly [program: string, ...args: string[]],
  env: Readonly<Record<string, string>>,
): PromiseWithChild<{ stdout: string }> =>
  run(program, args, {
    env: { PATH: process.env['PATH'], PYTHONDONTWRITEBYTECODE: '1', ...env },
  })

const resultOf = ({ stdout }: { stdout: string }): unknown =>
  JSON.parse(stdout.trim().split('\n').at(-1) ?? '')

/** Runs it until `ready`, then sends a SIGTERM, which it is to take as a wish. */
export async function stopProgram<Result>(
  command: readonly [program: string, ...args: string[]],
  env: Readonly<Record<string, string>>,
  ready: () => Promise<boolean>,
): Promise<Result> {
  const running = start(command, env)
  await eventually('the program to be under way', ready)
  running.child.kill('SIGTERM')
  return resultOf(await running) as Result
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
