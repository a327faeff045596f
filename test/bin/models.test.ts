import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { baselineCommand } from '../../bin/baseline.ts'
import { modelsCommand } from '../../bin/models.ts'
import {
  quickSettings,
  servicePlace,
  startTestService,
  type RunningService,
  type ServicePlace,
} from '../support/service.ts'

let place: ServicePlace
let service: RunningService
beforeAll(async () => {
  place = await servicePlace()
  // Without a monitor, which would make baselines of its own meanwhile.
  service = await startTestService(place, { ...quickSettings, TIDEGAUGE__ROLES: 'ingest,api' })
})
afterAll(async () => {
  await service.stop()
  await place.remove()
})

let printed: string[] = []
beforeEach(() => {
  printed = []
  const keep = (text: unknown): boolean => printed.push(String(text)) > 0
  vi.spyOn(console, 'log').mockImplementation(keep)
  vi.spyOn(console, 'error').mockImplementation(keep)
})
afterEach(() => {
  vi.restoreAllMocks()
  process.exitCode = undefined
})

async function models(...args: string[]): Promise<string> {
  const asks = args[0] !== 'validate'
  await modelsCommand().parseAsync([...args, ...(asks ? ['--url', service.url] : [])], {
    from: 'user',
  })
  return printed.splice(0).join('\n')
}

async function baseline(...args: string[]): Promise<string> {
  await baselineCommand().parseAsync([...args, '--url', service.url], { from: 'user' })
  return printed.splice(0).join('\n')
}

async function modelFile(name: string, text: string): Promise<string> {
  const path = join(place.data, '..', name)
  await writeFile(path, text)
  return path
}

test('a model is put, listed, shown, and its history tells what changed', async () => {
  expect(await models('list')).toBe('No models yet.')
  const first = await modelFile('a.yaml', 'model: a b/c\nfeatures: { amount: numeric }\n')
  expect(await models('put', first)).toBe('a b/c: revision 1 is in force')
  expect(await models('put', first)).toBe('a b/c: revision 1 is in force')
  const second = await modelFile(
    'a.json',
    JSON.stringify({
      model: 'a b/c',
      window: '1h',
      features: { amount: 'numeric', country: 'categorical' },
    }),
  )
  expect(await models('put', second)).toBe('a b/c: revision 2 is in force')
  expect(await models('list')).toMatch(/│ a b\/c +│ model +│ none +│ +2 │ 1h 1d/)
  expect(await models('show', 'a b/c')).toMatch(/revision 2, by api[\s\S]*min_samples: 100/)
  const history = await models('history', 'a b/c')
  expect(history).toMatch(/ 2 │ .* │ api +│ features\.country window/)
  expect(history).toMatch(/ 1 │ .* │ api +│ new/)
  const list = JSON.parse(await models('list', '--format', 'json')) as { model: string }[]
  expect(list.map(({ model }) => model)).toEqual(['a b/c'])
})

test('a file that is wrong is not sent, and each problem names the file and its line', async () => {
  const wrong = await modelFile('wrong.yaml', 'model: wrong\nwindow: 7m\ncolour: red\n')
  const failure = models('put', wrong)
  await expect(failure).rejects.toMatchObject({ code: 'MODEL_INVALID' })
  await expect(failure).rejects.toThrow(/wrong\.yaml:2:9 window[\s\S]*wrong\.yaml:3:1 colour/)
  expect(await models('validate', wrong)).toMatch(/wrong\.yaml:3:1 colour/)
  expect(process.exitCode).toBe(1)
  await expect(models('show', 'wrong')).rejects.toThrow('404 MODEL_NOT_FOUND')
})

test('a file of a metric that nobody computes is refused as the service would', async () => {
  const monitors = 'monitors: [{ name: m, metric: psy, warn: "> 1" }]'
  const wrong = await modelFile('metric.yaml', `model: m\n${monitors}\n`)
  expect(await models('validate', wrong)).toContain('did you mean "psi"')
})

test('what a false-alarm budget leaves out is noted, and the file is valid', async () => {
  const monitors = 'monitors: [{ name: gaps, metric: missing_rate, warn: "> 0.1" }]'
  const text = `model: m\nfalse_alarms: { budget: 1, per: 7d }\n${monitors}\n`
  const said = await models('validate', await modelFile('budget.yaml', text))
  expect(said).toMatch(/budget\.yaml: note: monitor "gaps": missing_rate has no p-value/)
  expect(said).toMatch(/valid: .*budget\.yaml$/)
  expect(process.exitCode).toBeUndefined()
})

test('baselines are created from each kind of source and listed', async () => {
  await models('put', await modelFile('b.yaml', 'model: b\nfeatures: { amount: numeric }\n'))
  expect(await baseline('list', 'b')).toBe('No baselines yet.')
  await baseline('create', 'b', 'first', '--first', '200', '--period', '1h')
  await baseline('create', 'b', 'week', '--trailing', '7d')
  const list = await baseline('list', 'b')
  expect(list).toMatch(/│ first +│ first +│ all +│ pending +│ +0 │ +1 │/)
  expect(list).toMatch(/│ week +│ trailing +│ all +│/)
})

test.each([
  { name: 'no source', args: [] },
  { name: 'two sources', args: ['--trailing', '7d', '--of-version', '2'] },
  { name: 'half a range', args: ['--from', '2026-01-01T00:00:00Z'] },
  { name: 'half a beginning', args: ['--first', '200'] },
])('a baseline of $name is refused before anything is sent', async ({ args }) => {
  await expect(baseline('create', 'nobody', 'x', ...args)).rejects.toThrow('exactly one source')
})

test('what the service refuses is told in its words', async () => {
  const creation = baseline('create', 'b', 'x', '--from', 'yesterday', '--to', 'today')
  await expect(creation).rejects.toMatchObject({ code: 'SERVICE_REFUSED' })
  await expect(creation).rejects.toThrow('400 REQUEST_INVALID')
})

test.each([
  { url: 'nonsense', code: 'REQUEST_INVALID' },
  { url: 'ftp://127.0.0.1/', code: 'REQUEST_INVALID' },
])('$url is no service', async ({ url, code }) => {
  const listing = modelsCommand().parseAsync(['list', '--url', url], { from: 'user' })
  await expect(listing).rejects.toMatchObject({ code })
})
