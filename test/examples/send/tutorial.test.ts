import { execFile, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  eventually,
  getJson,
  quickSettings,
  servicePlace,
  startTestService,
  type RunningService,
  type ServicePlace,
} from '../../support/service.ts'

// docs/tutorial/first-hour.md, with ports of its own.

const run = promisify(execFile)
const secret = `whsec_${randomBytes(32).toString('base64')}`
let place: ServicePlace
let service: RunningService
let receiver: ChildProcess
const received: string[] = []

beforeAll(async () => {
  receiver = spawn(process.execPath, ['examples/send/receiver.mjs'], {
    env: { ...process.env, PORT: '0', WEBHOOK_SECRET: secret },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  createInterface({ input: receiver.stdout! }).on('line', (line) => received.push(line))
  const port = await eventually(
    'the receiver',
    async () => /port (\d+)/.exec(received[0] ?? '')?.[1],
  )
  place = await servicePlace()
  const model = readFileSync('examples/send/models/checkout.yaml', 'utf8')
  await place.write('models/checkout.yaml', model.replace(':9099', `:${port}`))
  // Model files name secrets by variables of the service's process, which is this one.
  process.env['WEBHOOK_SECRET'] = secret
  service = await startTestService(place, quickSettings)
})
afterAll(async () => {
  receiver.kill()
  await service.stop()
  await place.remove()
})

const send = async (program: string, ...args: string[]): Promise<string> => {
  const env = { ...process.env, TIDEGAUGE_URL: service.url }
  const { stdout } = await run(program, args, { env })
  return stdout.trim()
}

const python = spawnSync('python3', ['--version']).status === 0

test.skipIf(!python)('an hour as usual calls nobody, five minutes of cents call once', async () => {
  expect(await send('python3', 'examples/send/send.py')).toBe('6000 events accepted')
  await eventually('the last ordinary window', async () => {
    const windows = '/v1/models/checkout/metrics?metric=volume&slice=&window=1m&limit=1000'
    const { rows } = await getJson<{ rows: unknown[] }>(service, windows)
    return rows.length === 60
  })
  expect(received).toHaveLength(1)
  expect(await send('python3', 'examples/send/send.py', '--drifted')).toBe('500 events accepted')
  await eventually('the webhook', async () => received.length > 1)
  expect(received[1]).toBe('tidegauge.alert.firing: checkout input-drift, critical')
  const drifted = await eventually('its series', async () =>
    received.length >= 5 ? received.slice(2, 5) : null,
  )
  expect(drifted.map((line) => line.trim().split(':')[0]).sort()).toEqual([
    'amount',
    'prediction',
    'score',
  ])
  expect(received.join()).not.toMatch(/items|country/)
})

test('the producer in Node is answered for all of its events and labels', async () => {
  expect(await send(process.execPath, 'examples/send/send.mjs', '50')).toBe(
    '{ accepted: 55, rejected: [] }',
  )
})
