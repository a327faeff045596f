import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'demo-test-'))
})
afterAll(async () => rm(directory, { recursive: true, force: true }))

/** Runs the command as a user would, in a pipe. */
async function demo(args: readonly string[]): Promise<{ code: number | null; output: string }> {
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', 'bin/tidegauge.ts', 'demo', '--port', '0', ...args],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text))
  }
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { code, output }
}

test('a quick demo goes from the fault to the recovery', { timeout: 180_000 }, async () => {
  const { code, output } = await demo(['--quick', '--exit', '--data', join(directory, 'demo')])
  expect(output).toContain('Found, told, verified, retrained, recovered.')
  expect(code).toBe(0)

  // Every flight of February 1 to March 3 once, and no retry counted twice.
  expect(output).toMatch(/^ *predictions taken +507 241$/m)
  expect(output).toMatch(/^ *labels taken +507 241$/m)
  expect(output).toMatch(/^ *records rejected +0$/m)

  const timeline = output.slice(output.indexOf('The injected fault'))
  const order = [
    'FAULT INJECTED',
    'PSI of distance critical',
    'webhook arrived, signature verified',
    'version 2 trained',
    'version 2 in service',
    'recovered',
  ].map((what) => timeline.indexOf(what))
  expect(order).not.toContain(-1)
  expect(order).toEqual([...order].sort((a, b) => a - b))
  // No escape sequence in a pipe.
  expect(output).not.toContain('\u001b')

  // The secret is in the file that signs and nowhere else.
  const secret = await readFile(join(directory, 'demo/webhook-secret'), 'utf8')
  const written = ['service.log', 'models/flight-delay.yaml', 'tidegauge.yaml'].map((file) =>
    readFile(join(directory, 'demo', file), 'utf8'),
  )
  for (const text of [output, ...(await Promise.all(written))]) expect(text).not.toContain(secret)
})

test('a directory that no demo has made is refused and left alone', async () => {
  const { code, output } = await demo(['--data', 'examples'])
  expect(output).toContain('name another directory with --data')
  expect(code).toBe(1)
  expect(await readFile('examples/flights/flight-delay.yaml', 'utf8')).toContain('flight-delay')
}, 60_000)
