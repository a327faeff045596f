import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Evidence } from '../../alerts/evidence.ts'
import type { FeatureContributions, RankedContributions } from '../../api/ports.ts'
import { explainCommand } from '../../bin/explain.ts'
import { runCommand } from '../bin/command-output.ts'
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

/** The way of somebody who got a page: the webhook, the ranking, the bins, the command line. */

const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const minute = 60_000
const from = Math.floor(Date.now() / minute / 5 - 6) * 5 * minute
const random = seeded(7)

let place: ServicePlace
let receiver: WebhookReceiver
let service: ServiceProcess

beforeAll(async () => {
  place = await servicePlace()
  receiver = await startWebhookReceiver({ secret })
  const usual = sampleEvents(random, { count: 2000 })
  const rows = usual.map(({ features: { amount, country } }) => `${amount},${country}`)
  await place.write('models/usual.csv', ['amount,country', ...rows].join('\n'))
  await place.writeModel({
    model: 'fraud',
    features: { amount: 'numeric', country: 'categorical' },
    slices: ['country'],
    window: '5m',
    windows: [],
    lateness: '1s',
    baselines: { training: { file: 'usual.csv' } },
    monitors: [
      { name: 'input-drift', metric: 'psi', critical: '> 0.5', actions: ['tell'] },
      { name: 'shape', metric: 'ks', features: ['amount'], critical: '> 0.2' },
      { name: 'gaps', metric: 'missing_rate', features: ['country'], critical: '> 0.1' },
    ],
    actions: { tell: { preset: 'webhook', url: receiver.url, secret: '${env:SECRET}' } },
  })
  service = await spawnService(place, { ...quickSettings, SECRET: secret })
  const producer = createProducer(() => service.url)
  await producer.send(events(0, from))
  // Half of the countries are gone: the amounts are as they were.
  const drifted = events(300, from + 5 * minute).map((event, i) => ({
    ...event,
    features: {
      ...event.features,
      country: i % 2 === 0 ? null : (event.features['country'] ?? null),
    },
  }))
  await producer.send(drifted)
  // Everything is far greater.
  await producer.send(events(600, from + 10 * minute, 3))
})

afterAll(async () => {
  await service.kill()
  await receiver.close()
  await place.remove()
})

const events = (firstId: number, at: number, shift = 0) =>
  sampleEvents(random, { count: 300, from: at, stepMs: 1000, shift, firstId })

interface Transition {
  readonly monitor: string
  readonly feature: string
  readonly to_state: string
  readonly evidence: Evidence
}

const transitions = () => listAll<Transition>(service, '/v1/alerts/transitions?model=fraud')
const isBreach =
  (monitor: string, of: string) =>
  ({ monitor: name, feature, to_state: to }: Transition): boolean =>
    name === monitor && feature === of && to === 'critical'

test('the webhook says in a sentence and in numbers which bins have moved', async () => {
  const message = await eventually('the webhook about countries', async () => {
    const found = receiver.received.map(({ message: { data } }) => data)
    return found.find(({ series }) => series.some(({ feature }) => feature === 'country'))
  })
  const series = message.series.find(({ feature }) => feature === 'country')
  expect(series?.by).toBe('psi')
  expect(series?.contributions?.[0]).toMatchObject({
    ...{ kind: 'missing', label: 'missing', reference_share: 0, current_share: 0.5, change: 0.5 },
  })
  expect(message.summary).toMatch(/^input-drift critical: country \(psi .*missing 0 % → 50 %/)
  expect(message.ranking?.at(0)).toMatchObject({ rank: 1, feature: 'country', significant: true })
})

test('a transition keeps its bins, whichever drift metric it breached; other metrics have none', async () => {
  const found = await eventually('all breaches', async () => {
    const rows = await transitions()
    const all = [isBreach('shape', 'amount'), isBreach('gaps', 'country')].map((is) =>
      rows.find(is),
    )
    return all.every((row) => row !== undefined) ? all : null
  })
  const [shape, gaps] = found.map((row) => row.evidence)
  expect(shape).toMatchObject({ metric: 'ks', by: 'psi' })
  expect(shape?.contributions?.at(0)).toMatchObject({ kind: 'range' })
  expect(shape?.contributions?.at(0)?.label).toMatch(/^≥ \d/)
  expect(gaps).not.toHaveProperty('contributions')
})

const contributions = <Answer>(query: string) =>
  getJson<Answer>(service, `/v1/models/fraud/contributions?${query}`)
const second = new Date(from + 6 * minute).toISOString()

test('the API ranks the features of a window and takes the first apart', async () => {
  const ranked = await contributions<RankedContributions>(`window_start=${second}&slice=`)
  expect(ranked).toMatchObject({
    ...{ window: '5m', baseline: 'training', method: 'psi/decile-jeffreys', metric: 'psi' },
    window_start: new Date(from + 5 * minute).toISOString(),
  })
  const [first, ...others] = ranked.ranking
  expect(first).toMatchObject({ feature: 'country', slice: '', significant: true })
  expect(others.find(({ feature }) => feature === 'amount')?.significant).toBe(false)

  const taken = await contributions<FeatureContributions>(`window_start=${second}&feature=country`)
  expect(taken).toMatchObject({ n_reference: 2000, n_current: 300, slice: '' })
  expect(taken.bins[0]).toMatchObject({ name: { kind: 'missing' }, current_share: 0.5 })
  const sum = taken.bins.reduce((whole, { contribution }) => whole + contribution, 0)
  expect(sum).toBeCloseTo(first?.value ?? NaN, 9)
})

test('the newest window, a slice and the finest bins can be asked for', async () => {
  const newest = await contributions<FeatureContributions>('feature=amount&slice=country%3DDE')
  expect(newest.window_start).toBe(new Date(from + 10 * minute).toISOString())
  expect(newest.slice).toBe('country=DE')
  const fine = await contributions<FeatureContributions>('feature=amount&bins=fine&metric=linf')
  expect(fine.bins.length).toBeGreaterThan(newest.bins.length)
  expect(new Set(fine.bins.map(({ label }) => label)).size).toBe(fine.bins.length)
})

test.each([
  ['feature=colour', 400, 'REQUEST_INVALID', '"colour" has no bins'],
  ['window=1h', 400, 'REQUEST_INVALID', 'window is one of 5m, not "1h"'],
  ['baseline=none', 404, 'BASELINE_NOT_FOUND', 'it has training'],
  ['feature=amount&slice=country%3DXX', 404, 'CONTRIBUTIONS_NOT_FOUND', 'country=XX'],
  ['feature=amount&version=99', 404, 'CONTRIBUTIONS_NOT_FOUND', 'holds nothing'],
  ['window_start=2020-01-01T00:00:00Z', 404, 'CONTRIBUTIONS_NOT_FOUND', 'has no psi'],
])('%s is answered with what is wrong', async (query, status, code, says) => {
  const answer = await fetch(`${service.url}/v1/models/fraud/contributions?${query}`)
  const body = (await answer.json()) as { code: string; message: string }
  expect([answer.status, body.code]).toEqual([status, code])
  expect(body.message).toContain(says)
})

test('the command line prints the ranking, and the bins of a feature', async () => {
  const explain = async (...args: string[]): Promise<string> =>
    (await runCommand(explainCommand(), ['fraud', '--at', second, '--url', service.url, ...args]))
      .out
  expect(await explain('--slice', '')).toMatch(/│ 1 │ country +│ - +│ +[\d.]+ │ < 0.001 │ 100 % +│/)
  const bins = await explain('--feature', 'country')
  expect(bins).toContain('country: 300 events against 2000')
  expect(bins).toMatch(/│ missing +│ 0 % +│ 50 % +│ \+50 % +│/)
})
