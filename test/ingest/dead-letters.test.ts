import { expect, test } from 'vitest'
import { systemClock } from '../../core/clock.ts'
import { replayDeadLetters } from '../../ingest/dead-letters.ts'
import { Intake } from '../../ingest/intake.ts'
import { openModelRegistry } from '../../store/model-registry.ts'
import { eventLimits, ingestDeps } from '../support/ingest.ts'
import { describeStore } from '../support/store.ts'

describeStore('dead letters', (getStore) => {
  test('are sent in again once the cause is mended, each counted once however often', async () => {
    const { store } = getStore()
    const registry = await openModelRegistry(store)
    const intake = new Intake({
      ...ingestDeps(store, registry, { autoRegister: false }),
      limits: {
        batchRows: 1000,
        batchBytes: 1 << 20,
        batchWaitMs: 5,
        queueBytes: 1 << 20,
        maxInsertsPerSecond: 1000,
        eventBytes: eventLimits.eventBytes,
      },
    })
    const deps = { store, intake, clock: systemClock }
    const body = '{"model":"late","features":{"x":1}}\n{"model":"late",\nnot json'
    const { rejected } = await intake.receive({
      body: Buffer.from(body),
      idempotencyKey: null,
      backfill: false,
      models: null,
    })
    expect(rejected.map(({ reason }) => reason)).toEqual([
      'unknown_model',
      'invalid_json',
      'invalid_json',
    ])

    await registry.put({ model: 'late', kind: 'features', features: { x: 'numeric' } }, 'api')
    const filter = { models: null, reason: 'unknown_model' }
    expect(await replayDeadLetters(deps, { filter }, null)).toEqual({
      replayed: 1,
      accepted: 1,
      rejected: 0,
    })
    expect(await replayDeadLetters(deps, { filter }, null)).toMatchObject({ replayed: 0 })

    const rows = await store.query({
      name: 'test',
      sql: "SELECT `features.x` AS x, e.ts = d.received_at AS as_received FROM events_late AS e FINAL, (SELECT received_at FROM dead_letters FINAL WHERE reason = 'unknown_model') AS d",
      params: {},
      toRow: (raw) => raw,
    })
    // An event without a time happened when it first came, not when it was replayed.
    expect(rows).toEqual([{ x: 1, as_received: 1 }])
    await intake.close()
  })
})
