import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { PartitionAudit } from '../../store/ledger-audit.ts'
import { openStore, type Store } from '../../store/client.ts'
import { checksum, createProducer } from '../support/producer.ts'
import { startWebhookReceiver } from '../support/receiver.ts'
import { seeded } from '../support/seeded.ts'
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
import {
  eventFacts,
  expectedSteps,
  killModel,
  minuteMs,
  reference,
  stream,
  streamFrom,
} from './kill-stream.ts'

const seed = 20_261_120
const killsWhileSending = 10
const killsAfterwards = 3
const kills = killsWhileSending + killsAfterwards
const senders = 4
const versions = ['1', '2']
const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'

/**
 * The service is ended by `kill -9` again and again while senders repeat what was not acknowledged.
 * Once it is quiet, everything must be there once: no event missing and none too many, every window
 * counted exactly, every alert told, and none told under two ids.
 */
describe(`kill -9, ${kills} times`, () => {
  const random = seeded(seed)
  const events = stream(random)
  let place: ServicePlace
  let service: ServiceProcess
  let store: Store | null = null
  let audit: { complete: boolean; partitions: PartitionAudit[] }
  let freshFound: unknown
  let receiver: Awaited<ReturnType<typeof startWebhookReceiver>>
  let repeats = 0
  let killed = 0

  beforeAll(async () => {
    place = await servicePlace()
    // Slow to answer: some calls are cut off after the receiver has taken them.
    receiver = await startWebhookReceiver({ secret, answerAfterMs: 100 })
    await place.write('models/reference.csv', reference(random))
    await place.write('secret', secret)
    await place.writeModel(killModel(receiver.url, `${place.models}/../secret`))
    const settings = { ...quickSettings, TIDEGAUGE__MONITOR__LEDGER_OVERLAP: '10s' }
    service = await spawnService(place, settings)
    const producer = createProducer(() => service.url)

    const queue = batches(random)
    let sent = 0
    const sending = Promise.all(
      Array.from({ length: senders }, async () => {
        for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
          await producer.send(next)
          sent += next.length
        }
      }),
    )
    const killAfter = async (ms: number): Promise<void> => {
      await sleep(ms)
      await service.kill()
      killed += 1
      service = await spawnService(place, settings)
    }
    while (killed < killsWhileSending) {
      // By progress and not by time: the last kill comes before the last event on any machine.
      const until = (events.length * (killed + 1)) / (killsWhileSending + 1)
      await eventually('events to be sent', async () => sent >= until, 90_000)
      await killAfter(random.int(0, 700))
    }
    await sending
    // The last windows are being computed and judged.
    while (killed < kills) await killAfter(random.int(100, 2000))
    repeats = producer.repeats
    expect(producer.acknowledged.size).toBe(events.length)

    await quiet()
    audit = await getJson(service, '/v1/ledger/audit')
    const fresh = { ...events[0]!, id: 'fresh', ts: new Date().toISOString() }
    await producer.send([fresh])
    freshFound = await getJson(service, '/v1/events/shop/fresh')
    expect(await service.stop()).toBe(0)
    store = await openStore({ path: place.data, database: 'tidegauge' })
  }, 240_000)

  afterAll(async () => {
    await service.kill()
    await store?.close()
    await receiver.close()
    await place.remove()
  })

  const rows = async (sql: string): Promise<Readonly<Record<string, unknown>>[]> =>
    (await store?.query({ name: 'test', sql, params: {}, toRow: (raw) => raw })) ?? []

  function batches(draw: typeof random): (typeof events)[] {
    const cut: (typeof events)[] = []
    for (let at = 0; at < events.length;) {
      const size = draw.int(20, 120)
      cut.push(events.slice(at, at + size))
      at += size
    }
    return cut
  }

  /** Every change is found, every webhook has gone out, and nothing changes any more. */
  async function quiet(): Promise<void> {
    const changes = versions.flatMap(expectedSteps).length
    let before = ''
    await eventually(
      'quiet',
      async () => {
        await sleep(3000)
        const found = await listAll(service, '/v1/alerts/transitions?valid=true')
        if (found.length < changes) return false
        const windows = await getJson(service, '/v1/models/shop/windows')
        const deliveries = await getJson<{ rows: { state: string }[] }>(service, '/v1/deliveries')
        const now = JSON.stringify([windows, deliveries])
        const same = now === before
        before = now
        return same && deliveries.rows.every(({ state }) => state === 'delivered')
      },
      120_000,
    )
  }

  test('met a service at work', () => {
    expect(killed).toBe(kills)
    expect(repeats).toBeGreaterThan(0)
  })

  test('loses no acknowledged event and counts none twice', async () => {
    const stored = await rows(`
SELECT event_id AS id, toUnixTimestamp64Milli(ts) AS at, version, features.amount AS amount, features.country AS country
FROM events_shop FINAL WHERE event_id != 'fresh'`)
    expect(stored).toHaveLength(events.length)
    const found = stored.map(({ id, at, version, amount, country }) =>
      JSON.stringify([id, at, version, amount, country]),
    )
    expect(checksum(found)).toBe(checksum(events.map(eventFacts)))
  })

  test('leaves a ledger without a hole, with a partition for every life', () => {
    expect(audit.complete).toBe(true)
    expect(audit.partitions.flatMap(({ holes }) => holes)).toEqual([])
    expect(audit.partitions.length).toBeLessThanOrEqual(kills + 1)
    expect(audit.partitions.length).toBeGreaterThan(kills / 2)
  })

  test('counts every window exactly', async () => {
    const wanted = new Map<number, number>()
    for (const { ts } of events) {
      const start = Math.floor(Date.parse(ts) / minuteMs) * minuteMs
      wanted.set(start, (wanted.get(start) ?? 0) + 1)
    }
    const stored = await rows(`
SELECT toUnixTimestamp(window_start) * 1000 AS start, n FROM windows FINAL
WHERE window = '1m' AND window_start < toDateTime(${streamFrom / 1000} + 86400) ORDER BY start`)
    expect(stored.map(({ start, n }) => [start, n])).toEqual([...wanted])
    const profiled = await rows(`
SELECT toUnixTimestamp(window_start) * 1000 AS start, sum(p.n) AS n
FROM profiles AS p FINAL
INNER JOIN (SELECT window_start, computations FROM windows FINAL WHERE window = '1m') AS w
  ON p.window_start = w.window_start
WHERE p.revision = w.computations AND p.slice = '' AND p.feature = 'amount'
GROUP BY start ORDER BY start`)
    expect(profiled.map(({ start, n }) => [start, n])).toEqual([...wanted])
    const hours = await rows(`
SELECT sum(n_current) AS n FROM metrics FINAL
WHERE window = '1h' AND metric = 'missing_rate' AND feature = 'amount' AND slice = '' AND status = 'ok'`)
    expect(hours[0]?.['n']).toBe(events.length)
  })

  test.each(versions)('finds every change of version %s once, where it was', async (version) => {
    const stored = await rows(`
SELECT intDiv(toUnixTimestamp(window_start) - ${streamFrom / 1000}, 60) AS minute, from_state, to_state
FROM transitions FINAL WHERE valid AND version = '${version}' ORDER BY minute`)
    expect(stored.map((row) => [row['minute'], row['from_state'], row['to_state']])).toEqual(
      expectedSteps(version),
    )
  })

  test('tells no transition under two webhook-ids, whoever was killed when', () => {
    const idsOf = new Map<string, Set<string>>()
    for (const { id, message } of receiver.received) {
      for (const transition of message.data.transition_ids)
        idsOf.set(transition, (idsOf.get(transition) ?? new Set()).add(id))
    }
    expect(receiver.refused).toEqual([])
    expect(idsOf.size).toBeGreaterThan(10)
    expect([...idsOf].filter(([, ids]) => ids.size > 1)).toEqual([])
  })

  test.each(versions)('tells of version %s by turns that it fires and is resolved', (version) => {
    const once = new Map(receiver.received.map(({ id, message }) => [id, message]))
    const steps = [...once.values()].flatMap(({ data }) =>
      data.series.filter((series) => series.version === version),
    )
    let told = 'ok'
    for (const { from, to } of steps) {
      expect(from).toBe(told)
      expect(to).not.toBe(told)
      told = to
    }
    expect(told).toBe('ok')
    expect(steps.length).toBeGreaterThan(6)
  })

  test('takes an event afterwards, and shows it at once', () => {
    expect(freshFound).toMatchObject({ id: 'fresh', model: 'shop' })
  })
})
