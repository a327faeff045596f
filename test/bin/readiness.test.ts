import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { readiness, type Health } from '../../bin/readiness.ts'
import type { Shared } from '../../bin/shared.ts'
import type { KafkaFacts } from '../../ingest/sources/kafka-events.ts'
import { insertLedgerRows } from '../../store/insert-ledger-rows.ts'
import { openModelRegistry } from '../../store/model-registry.ts'
import { loadConfig } from '../../core/config.ts'
import { createLogger } from '../../core/log.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { describeStore, withStore, type TestStore } from '../support/store.ts'

const noon = Date.UTC(2026, 10, 20, 12)
const nothing = { maxStalenessSeconds: null, maxLagRecords: null }
const idle: Health = { monitorTickedAt: () => null, kafka: () => [] }

async function asking({ store }: TestStore, health: Health = idle, clock = new ManualClock(noon)) {
  const shared: Shared = {
    store,
    clock,
    version: '1',
    config: loadConfig({ env: {} }),
    registry: await openModelRegistry(store),
    prometheus: new Registry(),
    log: createLogger({ level: 'silent', format: 'json' }),
  }
  return readiness({ ...shared, health })
}

const cluster = (over: Partial<KafkaFacts>, lags: readonly number[] = []): KafkaFacts => ({
  ...{ cluster: 'main', slicesInFlight: 0, bufferedBytes: 0, secondsSinceAlive: 1 },
  partitions: lags.map((lag, partition) => ({
    ...{ topic: 'events', partition, lag, paused: false, stopped: lag > 1000 },
  })),
  ...over,
})

describeStore('a process that is asked whether it is ready', (opened) => {
  test('is, where the store answers with its tables; freshness counts only where it is asked for', async () => {
    const ask = await asking(opened())
    const plain = await ask(nothing)
    expect(plain).toMatchObject({
      ready: true,
      checks: { store: { ok: true }, schema: { ok: true } },
    })
    expect(Object.keys(plain.checks)).toEqual(['store', 'schema'])
    const fresh = await ask({ ...nothing, maxStalenessSeconds: 60 })
    expect(fresh).toMatchObject({ ready: false, checks: { freshness: { ok: false } } })
  })

  test('is not fresh once the newest batch is older than what is asked for', async () => {
    const { store } = opened()
    const clock = new ManualClock(noon)
    await insertLedgerRows(store, [
      {
        ...{ source: 'http', topic: 'x', partition: 0, first: 0, last: 0, batchId: 'b' },
        ...{ messages: 1, taken: 1, rejected: 0, held: 0, skipped: 0, absent: 0, lost: 0 },
        touched: [{ model: 'm', rows: 1, labels: 0, maxEventTime: noon, windows: [] }],
        insertedAt: noon,
      },
    ])
    const ask = await asking(opened(), idle, clock)
    const within = { ...nothing, maxStalenessSeconds: 60 }
    expect((await ask(within)).ready).toBe(true)
    clock.advance(61_000)
    expect(await ask(within)).toMatchObject({
      ready: false,
      checks: { freshness: { detail: 'newest events were stored 61 s ago' } },
    })
  })

  test('is not, where migrations are missing: an old backup lies under a newer program', async () => {
    const { store } = opened()
    const ask = await asking(opened())
    await store.command({
      name: 'test',
      sql: 'ALTER TABLE schema_migrations DELETE WHERE version = 2 SETTINGS mutations_sync = 1',
    })
    expect(await ask(nothing)).toMatchObject({
      ready: false,
      checks: {
        schema: { ok: false, detail: expect.stringContaining('migrations 2 are') as unknown },
      },
    })
  })
})

test('a store that is away is not ready, and is no error', async () => {
  const opened = await withStore('http')
  try {
    const ask = await asking(opened)
    opened.server?.faults.add({ fault: { kind: 'reset' }, times: 100 })
    expect(await ask(nothing)).toMatchObject({ ready: false, checks: { store: { ok: false } } })
  } finally {
    await opened.close()
  }
})

test('a monitor that has not finished a look for two minutes is stuck', async () => {
  const opened = await withStore('embedded')
  const clock = new ManualClock(noon)
  const at = clock.monotonic()
  const ask = await asking(opened, { ...idle, monitorTickedAt: () => at }, clock)
  clock.advance(100_000)
  expect(await ask(nothing)).toMatchObject({ ready: true, checks: { monitor: { ok: true } } })
  clock.advance(30_000)
  expect(await ask(nothing)).toMatchObject({ ready: false, checks: { monitor: { ok: false } } })
  await opened.close()
})

test('Kafka: brokers must answer; lag counts only where it is asked for, stopped partitions are told', async () => {
  const opened = await withStore('embedded')
  const facts = [cluster({}, [10, 2000]), cluster({ cluster: 'other' }, [5])]
  const ask = await asking(opened, { ...idle, kafka: () => facts })
  expect(await ask(nothing)).toMatchObject({
    ready: true,
    checks: { kafka: { ok: true, detail: '3 partitions are read, 1 of them stopped' } },
  })
  expect((await ask({ ...nothing, maxLagRecords: 2015 })).ready).toBe(true)
  expect(await ask({ ...nothing, maxLagRecords: 2014 })).toMatchObject({
    ready: false,
    checks: { lag: { ok: false, detail: '2015 messages are not stored yet' } },
  })
  facts.push(cluster({ cluster: 'silent', secondsSinceAlive: 90 }))
  expect(await ask(nothing)).toMatchObject({
    ready: false,
    checks: { kafka: { detail: 'no answer from cluster silent for 90 s' } },
  })
  await opened.close()
})
