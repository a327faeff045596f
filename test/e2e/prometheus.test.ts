import { resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { declaredMetrics } from '../../bin/metrics-page.ts'
import { createProducer } from '../support/producer.ts'
import {
  describePrometheus,
  promtool,
  startPrometheus,
  type PrometheusServer,
} from '../support/prometheus.ts'
import { sampleEvents, seeded } from '../support/seeded.ts'
import {
  eventually,
  servicePlace,
  spawnService,
  type ServicePlace,
  type ServiceProcess,
} from '../support/service.ts'

const minute = 60_000
const from = Math.floor(Date.now() / (5 * minute) - 6) * 5 * minute
const random = seeded(7)
const model = `
model: fraud
task: binary_classification
features: { amount: numeric, country: categorical }
window: 5m
windows: []
lateness: 1s
baselines:
  training: { file: usual.csv }
`

interface Sample {
  readonly metric: Readonly<Record<string, string>>
  readonly value: readonly [at: number, value: string]
}

describePrometheus('a service that Prometheus scrapes', () => {
  let place: ServicePlace
  let service: ServiceProcess
  let prometheus: PrometheusServer

  beforeAll(async () => {
    place = await servicePlace()
    const usual = sampleEvents(random, { count: 2000 })
    const rows = usual.map(({ features: { amount, country } }) => `${amount},${country}`)
    await place.write('models/usual.csv', ['amount,country', ...rows].join('\n'))
    await place.write('models/fraud.yaml', model)
    service = await spawnService(place)
    const producer = createProducer(() => service.url)
    await producer.send(sampleEvents(random, { count: 300, from, stepMs: 1000 }))
    await producer.send(
      sampleEvents(random, { count: 300, from: from + 5 * minute, stepMs: 1000, firstId: 300 }),
    )
    await eventually('the windows', async () =>
      /^tidegauge_monitor_windows_total.* [2-9]$/m.test(await scrape()),
    )
    const rules = ['recording', 'alerts'].map((name) =>
      resolve(`deploy/prometheus/rules/${name}.yaml`),
    )
    prometheus = await startPrometheus([new URL(service.url).host], rules)
  })

  afterAll(async () => {
    await prometheus.stop()
    await service.kill()
    await place.remove()
  })

  const scrape = async (): Promise<string> => (await fetch(`${service.url}/metrics`)).text()

  async function ask<Data>(path: string, query: Record<string, string> = {}): Promise<Data> {
    const url = new URL(`/api/v1/${path}`, prometheus.url)
    url.search = new URLSearchParams(query).toString()
    const answer = (await (await fetch(url)).json()) as { status: string; data: Data }
    expect(answer.status).toBe('success')
    return answer.data
  }

  const instant = async (query: string): Promise<readonly Sample[]> =>
    (await ask<{ result: readonly Sample[] }>('query', { query })).result

  test('promtool has nothing against what it answers', async () => {
    const answer = promtool(['check', 'metrics'], await scrape())
    expect(answer).toEqual({ status: 0, said: '' })
  })

  test('all that it answers is in the catalogue, and of the catalogue nothing is missing', async () => {
    const text = await scrape()
    const answered = [...text.matchAll(/^# TYPE (tidegauge_\w+) (\w+)/gm)].map(([, name]) => name)
    expect(answered.toSorted()).toEqual(
      declaredMetrics()
        .map(({ name }) => name)
        .toSorted(),
    )
  })

  test('is up, and shows how its models are', async () => {
    const [up] = await eventually('a scrape', async () => {
      const found = await instant('up{job="tidegauge"}')
      return found[0]?.value[1] === '1' && found
    })
    expect(up?.metric['instance']).toBe(new URL(service.url).host)
    const drift = await instant('tidegauge_model_drift_score{model="fraud",feature="amount"}')
    expect(drift.length).toBeGreaterThan(0)
    const [volume] = await instant('tidegauge_model_window_events{model="fraud"}')
    expect(volume?.value[1]).toBe('300')
    const [disk] = await instant('min(tidegauge_store_disk_free_bytes)')
    expect(Number(disk?.value[1])).toBeGreaterThan(0)
  })

  test('lets every rule be computed, and none fires for a service that is well', async () => {
    interface Groups {
      readonly groups: readonly {
        readonly rules: readonly { name: string; health: string; state?: string }[]
      }[]
    }
    const rules = await eventually('all rules', async () => {
      const { groups } = await ask<Groups>('rules')
      const all = groups.flatMap((group) => group.rules)
      return all.every(({ health }) => health !== 'unknown') && all
    })
    expect(rules.length).toBeGreaterThan(30)
    expect(rules.filter(({ health }) => health !== 'ok')).toEqual([])
    expect(rules.filter(({ state }) => state === 'firing').map(({ name }) => name)).toEqual([])
  })
})
