import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  getJson,
  servicePlace,
  startTestService,
  type RunningService,
  type ServicePlace,
} from '../support/service.ts'

const readme = readFileSync('README.md', 'utf8')
const blocks = [...readme.matchAll(/```(\w+)\n([\s\S]*?)```/g)].map(([, language, text = '']) => ({
  language,
  text,
}))

let place: ServicePlace
let service: RunningService
beforeAll(async () => {
  place = await servicePlace()
  service = await startTestService(place)
})
afterAll(async () => {
  await service.stop()
  await place.remove()
})

/** The first block of a language that holds `marker`, sent to the service of this test. */
function block(language: string, marker: string): string {
  const found = blocks.find((one) => one.language === language && one.text.includes(marker))
  expect(found, `a ${language} block with ${marker}`).toBeDefined()
  return (found?.text ?? '').replaceAll('http://127.0.0.1:8080', service.url)
}

const run = promisify(execFile)
const accepted = (count: number): object => ({ accepted: count, rejected: [] })

// One after the other: what they send together is what the README shows last.
test('the README sends a first prediction with curl, and shows the true answer', async () => {
  const { stdout } = await run('sh', ['-c', block('sh', '/v1/events')])
  expect(JSON.parse(stdout)).toEqual(accepted(1))
  expect(JSON.parse(block('json', 'accepted'))).toEqual(accepted(1))
})

test('the README sends a prediction with Python', async () => {
  const { stdout } = await run('python3', ['-c', block('python', 'urllib')])
  expect(JSON.parse(stdout)).toEqual(accepted(1))
})

test('the README sends a batch and a label with Node', async () => {
  const args = ['--input-type=module', '-e', block('js', 'fetch')]
  const { stdout } = await run(process.execPath, args)
  expect(stdout.trim()).toBe('200 { accepted: 3, rejected: [] }')
  const event = await getJson<object>(service, '/v1/events/checkout/first-3')
  expect(event).toMatchObject({ features: { amount: 31 }, label: { label: 'good' } })
})

test('the query of the README answers the table of the README', async () => {
  const line = block('sh', 'tidegauge -- query').trim().replace('npm run tidegauge -- ', '')
  const words = [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!)
  const args = ['--import', 'tsx', 'bin/tidegauge.ts', ...words, '--url', service.url]
  const { stdout } = await run(process.execPath, args)
  expect(stdout.trim()).toBe(block('text', 'mean(features.amount)').trim())
})
