import { afterAll, beforeAll, expect, test } from 'vitest'
import { deadLettersCommand } from '../../bin/dead-letters.ts'
import {
  quickSettings,
  servicePlace,
  startTestService,
  type RunningService,
  type ServicePlace,
} from '../support/service.ts'
import { runCommand } from './command-output.ts'

let place: ServicePlace
let service: RunningService
beforeAll(async () => {
  place = await servicePlace()
  const settings = { TIDEGAUGE__ROLES: 'ingest,api', TIDEGAUGE__MODELS__AUTO_REGISTER: 'false' }
  service = await startTestService(place, { ...quickSettings, ...settings })
  const events = ['{"model":"later","id":"a"}', '{"model":"later","id":"b"}', 'no json']
  await fetch(new URL('v1/events', service.url), {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: events.join('\n'),
  })
})
afterAll(async () => {
  await service.stop()
  await place.remove()
})

const run = async (...args: string[]): Promise<string> =>
  (await runCommand(deadLettersCommand(), [...args, '--url', service.url])).out

const reasons = async (...args: string[]): Promise<string[]> =>
  (JSON.parse(await run('list', ...args, '--format', 'json')) as { reason: string }[])
    .map(({ reason }) => reason)
    .sort()

test('letters are listed by what is asked for, as a table or with their bytes', async () => {
  expect(await reasons()).toEqual(['invalid_json', 'unknown_model', 'unknown_model'])
  expect(await reasons('--reason', 'invalid_json')).toEqual(['invalid_json'])
  expect(await reasons('--limit', '1')).toHaveLength(1)
  expect(await reasons('--from', '2100-01-01T00:00:00Z')).toEqual([])
  expect(await run('list', '--model', 'later')).toMatch(/│ later │ unknown_model │/)
})

test('nothing is replayed unless it is said what', async () => {
  await expect(run('replay')).rejects.toMatchObject({ code: 'REQUEST_INVALID' })
  await expect(run('replay', '--all', '--model', 'later')).rejects.toThrow('either ids')
})

test('what was refused is accepted once its cause is gone, and then listed as replayed', async () => {
  const put = await fetch(new URL('v1/models/later', service.url), {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'later', kind: 'features', features: { x: 'numeric' } }),
  })
  expect(put.status).toBeLessThan(300)
  expect(await run('replay', '--reason', 'unknown_model')).toBe(
    'replayed 2 messages: 2 events and labels accepted, 0 refused again',
  )
  expect(await reasons('--replayed')).toEqual(['unknown_model', 'unknown_model'])
  const left = JSON.parse(await run('list', '--no-replayed', '--format', 'json')) as {
    id: string
  }[]
  expect(left).toHaveLength(1)
  expect(await run('replay', left[0]!.id)).toContain('0 events and labels accepted, 1 refused')
})
