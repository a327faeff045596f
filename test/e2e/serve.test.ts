import { appendFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createProducer } from '../support/producer.ts'
import { startWebhookReceiver, type WebhookReceiver } from '../support/receiver.ts'
import { sampleEvents, seeded } from '../support/seeded.ts'
import {
  eventually,
  getJson,
  listAll,
  quickSettings,
  servicePlace,
  spawnService,
  type ServicePlace,
  type ServiceProcess,
} from '../support/service.ts'

/** `tidegauge serve` as a user starts it: a directory of data, a directory with one model file. */

const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const minute = 60_000
const from = Math.floor(Date.now() / minute - 30) * minute
const random = seeded(7)

const modelFile = (url: string, limit: string): string => `
model: fraud
task: binary_classification
features: { amount: numeric, country: categorical }
slices: [country]
window: 5m
windows: []
lateness: 1s
baselines:
  training: { file: usual.csv }
monitors:
  - name: drift
    metric: psi
    features: [amount]
    critical: "> ${limit}"
    actions: [retrain]
actions:
  retrain: { preset: webhook, url: "${url}", secret: "\${env:RETRAIN_SECRET}" }
`

let place: ServicePlace
let receiver: WebhookReceiver
let service: ServiceProcess

beforeAll(async () => {
  place = await servicePlace()
  receiver = await startWebhookReceiver({ secret })
  const usual = sampleEvents(random, { count: 2000 })
  const rows = usual.map(({ features: { amount, country } }) => `${amount},${country}`)
  await place.write('models/usual.csv', ['amount,country', ...rows].join('\n'))
  await place.write('models/fraud.yaml', modelFile(receiver.url, '0.5'))
  service = await spawnService(place, { ...quickSettings, RETRAIN_SECRET: secret })
})

afterAll(async () => {
  await service.kill()
  await receiver.close()
  await place.remove()
})

const fiveMinutes = (firstId: number, at: number, shift: number) =>
  sampleEvents(random, { count: 300, from: at, stepMs: 1000, shift, firstId })

interface History {
  readonly revisions: readonly { readonly revision: number; readonly origin: string }[]
}

const history = () => getJson<History>(service, '/v1/models/fraud/history')

test('a model in the directory is there when the service is ready', async () => {
  expect(await history()).toMatchObject({ revisions: [{ revision: 1, origin: 'file' }] })
})

test('drift in, one signed webhook out', async () => {
  const producer = createProducer(() => service.url)
  await producer.send(fiveMinutes(0, from, 0))
  await producer.send(fiveMinutes(300, from + 5 * minute, 3))
  const [call] = await eventually('the webhook', async () =>
    receiver.received.length > 0 ? receiver.received : null,
  )
  expect(call?.message).toMatchObject({
    type: 'tidegauge.alert.firing',
    data: { monitor: 'drift', config_revision: 1, series: [{ feature: 'amount', to: 'critical' }] },
  })
  expect(Date.parse(call?.message.data.window.start ?? '')).toBeGreaterThanOrEqual(from)
  expect(receiver.refused).toEqual([])
  expect(new Set(receiver.received.map(({ id }) => id)).size).toBe(1)
})

test('a model file that changes is a new revision, and the old one is kept', async () => {
  await writeFile(join(place.models, 'fraud.yaml'), modelFile(receiver.url, '0.75'))
  const { revisions } = await eventually('the new revision', async () => {
    const found = await history()
    return found.revisions.length > 1 ? found : null
  })
  expect(revisions.map(({ revision }) => revision).toSorted()).toEqual([1, 2])
})

test('a model file that is wrong changes nothing and is told', async () => {
  await appendFile(join(place.models, 'fraud.yaml'), 'windwo: 5m\n')
  await eventually('a word about it', async () =>
    service.log.some(({ msg }) => String(msg).startsWith('model file refused')),
  )
  expect((await history()).revisions).toHaveLength(2)
  await writeFile(join(place.models, 'fraud.yaml'), modelFile(receiver.url, '0.75'))
})

test('SIGTERM answers what is in flight, and a restart finds it stored', async () => {
  expect(await service.stop()).toBe(0)
  // A batch that waits for others for a minute: only the end of the service closes it sooner.
  const patient = { ...quickSettings, TIDEGAUGE__INGEST__BATCH__WAIT: '60s' }
  service = await spawnService(place, { ...patient, RETRAIN_SECRET: secret })
  const [event] = fiveMinutes(9000, from + 20 * minute, 0)
  const answer = fetch(`${service.url}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(event),
  })
  await eventually('the request to wait for its batch', async () => {
    const metrics = await (await fetch(`${service.url}/metrics`)).text()
    return /^tidegauge_ingest_queue_bytes [1-9]/m.test(metrics)
  })
  const stopped = service.stop()
  expect((await answer).status).toBe(200)
  expect(await stopped).toBe(0)

  service = await spawnService(place, { ...quickSettings, RETRAIN_SECRET: secret })
  expect(await getJson(service, '/v1/events/fraud/fraud-9000')).toMatchObject({ id: 'fraud-9000' })
  expect((await history()).revisions).toHaveLength(2)
  const deliveries = await listAll<{ state: string }>(service, '/v1/deliveries?model=fraud')
  expect(deliveries.filter(({ state }) => state !== 'delivered')).toEqual([])
})
