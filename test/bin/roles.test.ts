import { afterAll, beforeAll, expect, test } from 'vitest'
import { startService, type Service } from '../../bin/start.ts'
import { loadConfig } from '../../core/config.ts'
import { createLogger } from '../../core/log.ts'
import { eventually } from '../support/service.ts'
import { withStore, type TestStore } from '../support/store.ts'

let opened: TestStore
let services: Service[] = []
beforeAll(async () => {
  opened = await withStore('http')
})
afterAll(async () => {
  for (const service of services) await service.stop()
  await opened.close()
})

async function start(roles: string): Promise<string> {
  const { server, options } = opened
  const flags = {
    'server.port': '0',
    'store.url': server?.url,
    'store.database': options.database,
    'models.directory': '/nowhere',
    roles: roles.split(','),
  }
  const config = loadConfig({ env: {}, flags })
  const service = await startService(config, createLogger({ level: 'silent', format: 'json' }))
  services = [...services, service]
  return service.url
}

test('a process that only answers learns of the models that others declare', async () => {
  const [intake, answers] = [await start('ingest,api'), await start('api')]
  const put = await fetch(`${intake}/v1/models/fraud`, {
    method: 'PUT',
    headers: { 'content-type': 'application/yaml' },
    body: 'model: fraud\n',
  })
  expect(put.status).toBe(200)
  await eventually('the model in the other process', async () => {
    const { status } = await fetch(`${answers}/v1/models/fraud`)
    return status === 200
  })
  const refused = await fetch(`${answers}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"model":"fraud"}',
  })
  expect(refused.status).toBe(400)
  expect(await refused.text()).toContain('no ingest role')
})

test('every process tells its health and metrics, and one that takes events takes them over HTTP', async () => {
  const [ingest, monitor] = [await start('ingest'), await start('monitor')]
  for (const url of [ingest, monitor]) {
    expect((await fetch(`${url}/health/ready`)).status).toBe(200)
    expect(await (await fetch(`${url}/metrics`)).text()).toContain('tidegauge_build_info')
    expect((await fetch(`${url}/v1/models`)).status).toBe(404)
  }
  const post = {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"model":"fraud"}',
  }
  expect((await fetch(`${ingest}/v1/events`, post)).status).toBe(200)
  expect((await fetch(`${monitor}/v1/events`, post)).status).toBe(404)
})
