import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { demoPort } from '../../bin/demo-port.ts'
import { checkWorkspace, createWorkspace } from '../../bin/demo-workspace.ts'
import { loadConfig } from '../../core/config.ts'
import { parseModelFile } from '../../core/validate-model.ts'

let parent: string
let directory: string
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'demo-workspace-'))
  directory = join(parent, 'demo')
})
afterEach(async () => rm(parent, { recursive: true, force: true }))

const create = () =>
  createWorkspace({
    directory,
    port: 0,
    retrainUrl: async () => 'http://127.0.0.1:4321/retrain',
  })

test('its configuration and model file are valid and hold the places of this run', async () => {
  const workspace = await create()
  const config = loadConfig({ file: workspace.configFile, env: {} })
  expect(config.store.path).toBe(join(directory, 'store'))
  expect(config.server).toMatchObject({ host: '127.0.0.1', port: 0 })
  expect(config.files.directories).toContain(directory)

  const fileName = join(directory, 'models/flight-delay.yaml')
  const parsed = parseModelFile(await readFile(fileName, 'utf8'), { fileName })
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  expect(parsed.spec.baselines.get('training')).toEqual({ file: workspace.baselineFile('1') })
  expect(parsed.spec.actions.get('retrain')).toMatchObject({
    url: 'http://127.0.0.1:4321/retrain',
    secret: `file:${join(directory, 'webhook-secret')}`,
  })
})

test('the secret is new for every demo and only the user can read it', async () => {
  const { secret } = await create()
  const file = join(directory, 'webhook-secret')
  expect(await readFile(file, 'utf8')).toBe(secret)
  expect((await stat(file)).mode & 0o077).toBe(0)
  expect((await create()).secret).not.toBe(secret)
})

test('what an earlier demo left is emptied', async () => {
  await create()
  await writeFile(join(directory, 'left'), '')
  await checkWorkspace(directory)
  await create()
  await expect(stat(join(directory, 'left'))).rejects.toThrow('ENOENT')
})

test('a directory that does not exist or is empty may be used', async () => {
  await checkWorkspace(directory)
  await mkdir(directory)
  await checkWorkspace(directory)
})

test('a directory with anything else in it is refused', async () => {
  await mkdir(directory)
  await writeFile(join(directory, 'thesis.tex'), '')
  await expect(checkWorkspace(directory)).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
})

test('a port that is taken is refused when it was asked for', async () => {
  const server = createServer()
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as AddressInfo
  await expect(demoPort(port)).rejects.toThrow(`port ${port} of 127.0.0.1 is in use`)
  await new Promise((closed) => server.close(closed))
  expect(await demoPort(port)).toBe(port)
})
