import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, expect, test } from 'vitest'

// A checkout of its own: the launcher, a lock file, one tool, and an npm that only takes notes.
let root: string

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'tidegauge-launch-'))
  await mkdir(join(root, 'bin'))
  await copyFile('bin/launch.mjs', join(root, 'bin', 'launch.mjs'))
  await writeFile(join(root, 'package-lock.json'), '{"lockfileVersion":3}')
  await mkdir(join(root, 'stub'))
  await stubNpm('exit 0')
  const tool = join(root, 'node_modules', 'tool')
  await mkdir(tool, { recursive: true })
  await writeFile(join(tool, 'package.json'), '{"name":"tool","bin":{"tool":"./run.cjs"}}')
  await writeFile(
    join(tool, 'run.cjs'),
    `const [what, ...rest] = process.argv.slice(2)
     if (what === 'exit') process.exit(Number(rest[0]))
     if (what === 'print') console.log(JSON.stringify(rest))
     if (what === 'wait') {
       process.on('SIGTERM', () => { console.log('stopping'); process.exit(7) })
       setInterval(() => {}, 1000)
       console.log('ready')
     }
     if (what === 'die') process.kill(process.pid, 'SIGKILL')`,
  )
})

afterEach(async () => rm(root, { recursive: true, force: true }))

async function stubNpm(ending: string): Promise<void> {
  const npm = join(root, 'stub', 'npm')
  await writeFile(npm, `#!/bin/sh\necho "$@" >> "${join(root, 'npm.log')}"\n${ending}\n`)
  await chmod(npm, 0o755)
}

const npmCalls = async (): Promise<number> =>
  (await readFile(join(root, 'npm.log'), 'utf8').catch(() => '')).split('\n').length - 1

const launch = (...args: string[]): ChildProcess =>
  spawn(process.execPath, [join(root, 'bin', 'launch.mjs'), 'tool', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PATH: `${join(root, 'stub')}${delimiter}${process.env['PATH'] ?? ''}` },
  })

async function run(...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
  const child = launch(...args)
  const [out, err, [code]] = await Promise.all([
    text(child.stdout!),
    text(child.stderr!),
    once(child, 'exit') as Promise<[number | null]>,
  ])
  return { code, out, err }
}

test('installs once, and again only when the lock file has changed', async () => {
  expect((await run('exit', '0')).err).toContain('Installing')
  expect(await npmCalls()).toBe(1)
  expect((await run('exit', '0')).err).toBe('')
  expect(await npmCalls()).toBe(1)
  await writeFile(join(root, 'package-lock.json'), '{"lockfileVersion":3,"changed":true}')
  expect((await run('exit', '0')).err).toContain('package-lock.json changed')
  expect(await npmCalls()).toBe(2)
  expect(await readFile(join(root, 'npm.log'), 'utf8')).toMatch(/^ci /)
})

test('a failed install stops before the tool, with its code, and is tried again', async () => {
  await stubNpm('exit 3')
  const failed = await run('print', 'never')
  expect(failed).toMatchObject({ code: 3, out: '' })
  expect(failed.err).toContain('npm ci failed')
  await stubNpm('exit 0')
  expect((await run('exit', '0')).code).toBe(0)
  expect(await npmCalls()).toBe(2)
})

test('an install says nothing on standard output', async () => {
  await stubNpm('echo noise')
  expect((await run('print', 'a')).out).toBe('["a"]\n')
})

test('arguments arrive as they were given', async () => {
  const args = ['with space', "it's", '$HOME', '*', '--flag=1', '']
  expect(JSON.parse((await run('print', ...args)).out)).toEqual(args)
})

test.each([0, 1, 42])('exit code %i is passed on', async (code) => {
  expect((await run('exit', String(code))).code).toBe(code)
})

test('a tool that was killed is no success', async () => {
  expect((await run('die')).code).toBeGreaterThan(128)
})

test('a signal reaches the tool, and the tool decides how it ends', async () => {
  const child = launch('wait')
  let out = ''
  child.stdout!.on('data', (chunk: Buffer) => {
    out += chunk.toString()
    if (out === 'ready\n') child.kill('SIGTERM')
  })
  const [code] = (await once(child, 'exit')) as [number | null]
  expect(code).toBe(7)
  expect(out).toBe('ready\nstopping\n')
})
