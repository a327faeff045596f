import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, expect, test, vi } from 'vitest'
import { configCommand, fileProblems, modelFilesIn, printedConfig } from '../../bin/config.ts'
import { readConfig } from '../../core/config.ts'
import { problemLine } from '../../core/problems.ts'

const directory = mkdtempSync(join(tmpdir(), 'tidegauge-config-command-'))
afterAll(() => {
  rmSync(directory, { recursive: true })
})
afterEach(() => {
  process.exitCode = undefined
  vi.restoreAllMocks()
})

function file(name: string, text: string): string {
  const path = join(directory, name)
  writeFileSync(path, text)
  return path
}

async function run(...args: string[]) {
  const out: string[] = []
  const errors: string[] = []
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => out.push(String(text)) > 0)
  vi.spyOn(console, 'log').mockImplementation((text) => out.push(String(text)))
  vi.spyOn(console, 'error').mockImplementation((text) => errors.push(String(text)))
  await configCommand({ metrics: ['psi'] }).parseAsync(args, { from: 'user' })
  const exitCode = process.exitCode
  process.exitCode = undefined
  return { out: out.join('\n'), errors, exitCode }
}

test('print shows the effective configuration and where each value came from, without secrets', () => {
  const path = file('print.yaml', 'server:\n  port: 9090\nstore: { url: http://ch:8123 }\n')
  const env = {
    TIDEGAUGE__STORE__PASSWORD: 'geheim',
    TIDEGAUGE__SERVER__TRUST_PROXY: '10.0.0.0/8',
  }
  const text = printedConfig(readConfig({ file: path, env }))
  expect(text).not.toContain('geheim')
  expect(text).toContain(`  port: 9090 # ${path}:2\n`)
  expect(text).toContain('  password: "[secret]" # variable TIDEGAUGE__STORE__PASSWORD\n')
  expect(text).toContain('[ 10.0.0.0/8 ] # variable TIDEGAUGE__SERVER__TRUST_PROXY\n')
  expect(text).toContain('  host: 127.0.0.1\n')
})

test('what print shows is a configuration that says the same', () => {
  const { values } = readConfig({ env: {} })
  const again = readConfig({
    file: file('again.yaml', printedConfig(readConfig({ env: {} }))),
    env: {},
  })
  expect(again.problems).toEqual([])
  expect(again.values).toEqual(values)
})

test('print tells the problems of a wrong configuration and fails', async () => {
  const path = file('wrong.yaml', 'server: { port: x }\n')
  const { out, errors, exitCode } = await run('print', '--config', path)
  expect(out).toContain('port: 8080')
  expect(errors).toEqual([
    `${path}:1:17 server.port: found "x"; allowed: a whole number from 0 to 65535`,
  ])
  expect(exitCode).toBe(1)
})

test('validate takes configuration and model files together and tells all problems', async () => {
  const config = file('c.yaml', 'log: { level: loud }\n')
  const model = file('m.yaml', 'model: m\nkind: modle\nmonitors: [{ name: x, metric: ps }]\n')
  const { errors, exitCode } = await run('validate', config, model, '/nowhere.yaml')
  expect(errors).toEqual([
    `${config}:1:15 log.level: found "loud"; allowed: silent, fatal, error, warn, info, debug or trace`,
    `${model}:2:7 kind: found "modle"; allowed: model, features or software`,
    `${model}:3:12 monitors[0]: neither warn nor critical is given: it would never fire`,
    `${model}:3:31 monitors[0].metric: no metric "ps"; did you mean "psi"?`,
    '/nowhere.yaml there is no such file',
  ])
  expect(exitCode).toBe(1)
})

test('validate without files checks the configuration and the model files of its directory', async () => {
  mkdirSync(join(directory, 'models'))
  file('models/a.yaml', 'model: a\n')
  file('models/b.json', '{"model": "b", "bogus": 1}')
  file('models/notes.txt', 'not a model')
  const config = file('t.yaml', 'models: { directory: models }\n')
  const { errors, exitCode } = await run('validate', '--config', config)
  expect(errors).toHaveLength(1)
  expect(errors[0]).toContain('b.json:1:16 bogus: unknown key "bogus"')
  expect(exitCode).toBe(1)
  rmSync(join(directory, 'models/b.json'))
  const good = await run('validate', '--config', config)
  expect(good).toMatchObject({ errors: [], out: 'valid: the configuration and 1 model file' })
  expect(good.exitCode).toBeUndefined()
})

test('a directory of model files need not exist', () => {
  expect(modelFilesIn(join(directory, 'none'))).toEqual([])
})

test('a file is a model file if it names a model', () => {
  const model = file('x.yaml', 'model: m\nserver: {}\n')
  expect(fileProblems(model).map(problemLine)[0]).toContain('unknown key "server"')
  expect(fileProblems(file('y.yaml', 'server: {}\n'))).toEqual([])
})
