import { afterEach, expect, test } from 'vitest'
import type { DeadLetterRecord } from '../../store/queries/dead-letters-list.ts'
import type { DeliveryRecord } from '../../store/queries/list-deliveries.ts'
import type { TransitionRecord } from '../../store/queries/list-transitions.ts'
import { appOf, closeApps, fakes } from './fakes.ts'

afterEach(closeApps)

const json = { 'content-type': 'application/json' }

const transition: TransitionRecord = {
  transition_id: 't1',
  model: 'fraud',
  monitor: 'drift',
  version: '7',
  variant: 'live',
  slice: '',
  feature: 'amount',
  window_start: '2026-11-20T01:00:00Z',
  window_end: '2026-11-20T02:00:00Z',
  from_state: 'ok',
  to_state: 'critical',
  valid: true,
  evidence: { value: 0.3, nested: { n: [1] } },
  revision: 1,
  created_at: '2026-11-20T02:00:00.000Z',
  changed_at: '2026-11-20T02:00:00.000Z',
}

test('alerts show their state with its evidence, transitions how it came about', async () => {
  const { deps } = fakes()
  const page = { rows: [transition], next: null }
  const asked: unknown[] = []
  const answer = async (...args: unknown[]) => {
    asked.push(args)
    return page
  }
  const app = await appOf({ ...deps, alerts: { current: answer, transitions: answer } })
  const alerts = await app.inject('/v1/alerts?model=fraud&state=critical')
  expect(alerts.json()).toMatchObject({
    rows: [{ state: 'critical', previous_state: 'ok', evidence: transition.evidence }],
    next_cursor: null,
  })
  const transitions = await app.inject('/v1/alerts/transitions?valid=true&to_state=critical')
  expect(transitions.json()).toEqual({ rows: [transition], next_cursor: null })
  expect(asked).toEqual([
    [
      { model: 'fraud', state: 'critical', models: null },
      { limit: 1000, after: null },
    ],
    [
      { valid: true, to_state: 'critical', models: null },
      { limit: 1000, after: null },
    ],
  ])
})

const delivery: DeliveryRecord = {
  delivery_id: 'msg_1',
  model: 'fraud',
  monitor: 'drift',
  action: 'retrain',
  transition_ids: ['t1'],
  state: 'dead',
  attempts: 5,
  next_attempt_at: '2026-11-20T02:00:00.000Z',
  not_after: null,
  body: '{"type":"tidegauge.alert.firing"}',
  last_status: 500,
  last_error: '',
  last_response: 'no',
  created_at: '2026-11-20T02:00:00.000Z',
  delivered_at: null,
  changed_at: '2026-11-20T02:00:00.000000Z',
}

test('a delivery is listed, shown, and sent again on the record', async () => {
  const { deps, calls } = fakes()
  const list = async ({ delivery_id = 'msg_1' }) => ({
    rows: delivery_id === 'msg_1' ? [delivery] : [],
    next: null,
  })
  const app = await appOf({ ...deps, deliveries: { ...deps.deliveries, list } })
  expect((await app.inject('/v1/deliveries?state=dead')).json()).toEqual({
    rows: [delivery],
    next_cursor: null,
  })
  expect((await app.inject('/v1/deliveries/msg_1')).json()).toEqual(delivery)
  const again = await app.inject({ method: 'POST', url: '/v1/deliveries/msg_1/redeliver' })
  expect([again.statusCode, again.json()]).toEqual([
    202,
    { delivery_id: 'msg_1', state: 'pending' },
  ])
  expect(calls.map(([port]) => port)).toEqual(['audit', 'redeliver'])
  const lost = await app.inject({ method: 'POST', url: '/v1/deliveries/msg_2/redeliver' })
  expect(lost.json()).toMatchObject({ code: 'DELIVERY_NOT_FOUND' })
  expect(calls.length).toBe(2)
})

const letter: DeadLetterRecord = {
  source: 'kafka',
  topic: 'events',
  partition: 3,
  offset: 9_007_199_254_740_991,
  model: '',
  reason: 'invalid_json',
  detail: 'position 1',
  raw: '{',
  raw_encoding: 'utf8',
  received_at: '2026-11-20T02:00:00.000Z',
  replayed_at: null,
}

test('a dead letter is replayed by the id it was listed under, or by what it matches', async () => {
  const { deps, calls } = fakes()
  const deadLetters = { ...deps.deadLetters, list: async () => ({ rows: [letter], next: null }) }
  const app = await appOf({ ...deps, deadLetters })
  const { rows } = (await app.inject('/v1/dead-letters')).json<{ rows: { id: string }[] }>()
  const replay = (payload: object) =>
    app.inject({ method: 'POST', url: '/v1/dead-letters/replay', headers: json, payload })
  const answer = await replay({ ids: [rows[0]?.id] })
  expect(answer.json()).toEqual({ replayed: 2, accepted: 1, rejected: 1 })
  const { source, topic, partition, offset } = letter
  expect(calls.at(-1)).toEqual([
    'replay',
    { models: null, select: { ids: [{ source, topic, partition, offset }] } },
  ])
  await replay({ filter: { reason: 'unknown_model', from: '2026-11-20T00:00:00Z' } })
  expect(calls.at(-1)).toEqual([
    'replay',
    {
      models: null,
      select: { filter: { reason: 'unknown_model', from: new Date('2026-11-20T00:00:00Z') } },
    },
  ])
  for (const wrong of [{}, { ids: [] }, { ids: ['nonsense'] }, { ids: ['x'], filter: {} }])
    expect((await replay(wrong)).statusCode).toBe(400)
})
