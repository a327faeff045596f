import { expect, test } from 'vitest'
import { Intake, type IntakeLimits } from '../../ingest/intake.ts'
import { openModelRegistry } from '../../store/model-registry.ts'
import type { Store } from '../../store/client.ts'
import { eventLimits, ingestDeps } from '../support/ingest.ts'
import { describeStore, withStore } from '../support/store.ts'

const limits: IntakeLimits = {
  batchRows: 1000,
  batchBytes: 1 << 20,
  batchWaitMs: 5,
  queueBytes: 1 << 20,
  maxInsertsPerSecond: 1000,
  eventBytes: eventLimits.eventBytes,
}
async function openIntake(store: Store, more: Partial<IntakeLimits> = {}, patienceMs = 200) {
  const registry = await openModelRegistry(store)
  const intake = new Intake({
    ...ingestDeps(store, registry),
    patienceMs,
    limits: { ...limits, ...more },
  })
  return { intake, registry }
}

const request = (body: string, idempotencyKey: string | null = null) => ({
  body: Buffer.from(body),
  idempotencyKey,
  backfill: false,
  models: null,
})

const rowsOf = async (store: Store, sql: string): Promise<unknown[]> =>
  store.query({ name: 'test', sql, params: {}, toRow: (raw) => raw })

describeStore('the intake', (getStore) => {
  test('answers once events, labels, dead letters and the ledger row are stored', async () => {
    const { store } = getStore()
    const { intake } = await openIntake(store)
    const answer = await intake.receive(
      request(
        [
          '{"model":"all","id":"a","version":"7","features":{"x":1.5,"c":"DE","nan":NaN},"score":{"1":0.9,"0":0.1},"tags":{"region":"eu"}}',
          'no json',
          '{"model":"all","features":{"x":"ten","c":"FR"},"latency_ms":3}',
          '{"type":"label","model":"all","id":"a","label":true}',
        ].join('\n'),
        'key-1',
      ),
    )
    expect(answer).toMatchObject({
      accepted: 3,
      rejected: [{ index: 1, reason: 'invalid_json' }],
    })
    const columns =
      'event_id, version, variant, `features.x`, `features.c`, score, scores, tags, `issues.feature`, `issues.reason`, `issues.value`, _offset'
    expect(
      await rowsOf(store, `SELECT ${columns} FROM events_all FINAL ORDER BY event_id`),
    ).toEqual([
      {
        event_id: 'a',
        version: '7',
        variant: 'live',
        'features.x': 1.5,
        'features.c': 'DE',
        score: 0.9,
        scores: { '1': 0.9, '0': 0.1 },
        tags: { region: 'eu' },
        'issues.feature': [],
        'issues.reason': [],
        'issues.value': [],
        _offset: 0,
      },
      {
        event_id: 'key-1#2',
        version: '',
        variant: 'live',
        'features.x': null,
        'features.c': 'FR',
        score: null,
        scores: {},
        tags: {},
        'issues.feature': ['x'],
        'issues.reason': ['type_mismatch'],
        'issues.value': ['ten'],
        _offset: 2,
      },
    ])
    expect(await rowsOf(store, 'SELECT event_id, label FROM labels FINAL')).toEqual([
      { event_id: 'a', label: 'true' },
    ])
    expect(await rowsOf(store, 'SELECT offset, reason, raw FROM dead_letters FINAL')).toEqual([
      { offset: 1, reason: 'invalid_json', raw: 'no json' },
    ])
    expect(
      await rowsOf(
        store,
        'SELECT first_offset, last_offset, rows, labels, rejected, `touched.model` AS models FROM ledger FINAL',
      ),
    ).toEqual([
      { first_offset: 0, last_offset: 3, rows: 2, labels: 1, rejected: 1, models: ['all'] },
    ])
    await intake.close()
  })

  test('requests that meet share a batch, and the same request again changes nothing', async () => {
    const { store } = getStore()
    const { intake } = await openIntake(store, { batchWaitMs: 50 })
    const bodies = [0, 1, 2, 3].map(
      (i) => `{"model":"shared","id":"${i}","ts":"${new Date().toISOString()}"}`,
    )
    await Promise.all(bodies.map(async (body) => intake.receive(request(body))))
    await Promise.all(bodies.map(async (body) => intake.receive(request(body))))
    expect(await rowsOf(store, 'SELECT count() AS n FROM events_shared FINAL')).toEqual([{ n: 4 }])
    const ledger = await rowsOf(
      store,
      "SELECT first_offset, last_offset FROM ledger FINAL WHERE has(`touched.model`, 'shared') ORDER BY first_offset",
    )
    expect(ledger.at(-1)).toMatchObject({ last_offset: 7 })
    expect(ledger.length).toBeLessThan(8)
    await intake.close()
  })

  test('more than the queue holds is refused, and what was taken is answered', async () => {
    const { store } = getStore()
    const { intake } = await openIntake(store, { queueBytes: 150, batchWaitMs: 50 })
    const body = `{"model":"full","error":"${'x'.repeat(100)}"}`
    const results = await Promise.allSettled(
      [1, 2, 3].map(async () => intake.receive(request(body))),
    )
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected'])
    expect(results[1]).toMatchObject({ reason: { code: 'INGEST_OVERLOADED', retryable: true } })
    await expect(intake.receive(request(body))).resolves.toMatchObject({ accepted: 1 })
    await intake.close()
  })

  test('what is no UTF-8 is refused whole, before anything is stored', async () => {
    const { intake } = await openIntake(getStore().store)
    const bytes = { ...request(''), body: Buffer.from([0x7b, 0xff, 0xfe]) }
    await expect(intake.receive(bytes)).rejects.toMatchObject({ code: 'REQUEST_INVALID' })
    await intake.close()
  })

  test('an element that nests without end costs only itself', async () => {
    const { intake } = await openIntake(getStore().store)
    const deep = '['.repeat(9000) + ']'.repeat(9000)
    const body = `[${deep},{"model":"deep","features":{"a":${deep}}},{"model":"deep","id":"1"}]`
    const answer = await intake.receive(request(body))
    expect(answer.accepted).toBe(1)
    expect(answer.rejected.map(({ index, reason }) => [index, reason])).toEqual([
      [0, 'too_deep'],
      [1, 'too_deep'],
    ])
    await intake.close()
  })

  test('after close everything taken is stored and nothing more is taken', async () => {
    const { store } = getStore()
    const { intake } = await openIntake(store, { batchWaitMs: 60_000 })
    const answer = intake.receive(request('{"model":"last","id":"1"}'))
    await intake.close()
    await expect(answer).resolves.toMatchObject({ accepted: 1 })
    await expect(intake.receive(request('{}'))).rejects.toMatchObject({ code: 'SHUTTING_DOWN' })
    expect(await rowsOf(store, 'SELECT count() AS n FROM events_last FINAL')).toEqual([{ n: 1 }])
  })
})

test('a store that is away is tried again; one that stays away answers 503 and leaves no hole', async () => {
  const { store, server, close } = await withStore('http')
  const { faults } = server!
  const { intake } = await openIntake(store)
  await intake.receive(request('{"model":"away","id":"1"}'))
  faults.add({ fault: { kind: 'status', status: 503 } })
  await expect(intake.receive(request('{"model":"away","id":"2"}'))).resolves.toMatchObject({
    accepted: 1,
  })
  faults.add({ fault: { kind: 'status', status: 503 }, times: 100 })
  await expect(intake.receive(request('{"model":"away","id":"3"}'))).rejects.toMatchObject({
    code: 'STORE_UNAVAILABLE',
  })
  faults.clear()
  await expect(intake.receive(request('{"model":"away","id":"3"}'))).resolves.toMatchObject({
    accepted: 1,
  })
  const ledger = await rowsOf(
    store,
    "SELECT first_offset AS a, last_offset AS b FROM ledger FINAL WHERE has(`touched.model`, 'away') ORDER BY a",
  )
  expect(ledger).toEqual([
    { a: 0, b: 0 },
    { a: 1, b: 1 },
    { a: 2, b: 2 },
  ])
  await intake.close()
  await close()
})
