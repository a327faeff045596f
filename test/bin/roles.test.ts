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
  return service.url ?? ''
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
