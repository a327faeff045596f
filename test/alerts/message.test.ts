import { expect, test } from 'vitest'
import { maxBodyBytes, messageBody, type Message } from '../../alerts/message.ts'
import type { Notice } from '../../alerts/notices.ts'
import { at } from './rows.ts'

const notice = (i: number, rest: Partial<Notice> = {}, evidence: object = {}): Notice => ({
  kind: 'firing',
  transitionId: `tr_${i}_1_warn`,
  series: {
    model: 'fraud',
    monitor: 'm',
    version: '7',
    variant: 'live',
    slice: '',
    feature: `f${i}`,
  },
  windowStart: at(0),
  windowEnd: at(1),
  from: 'ok',
  to: 'warn',
  evidence: JSON.stringify({ metric: 'psi', method: 'psi/x', effect: i, ...evidence }),
  createdAt: 0,
  retracted: false,
  ...rest,
})
const input = {
  kind: 'firing',
  model: 'fraud',
  monitor: 'm',
  metric: 'psi',
  window: '1h',
  configRevision: 2,
  at: at(5),
} as const
const parse = (notices: readonly Notice[]): Message =>
  JSON.parse(messageBody(input, notices)) as Message

test('a message says what changed and by which numbers', () => {
  const evidence = {
    value: 0.25,
    p_value: null,
    threshold: '> 0.2',
    alpha: 0.05,
    n_reference: 1000,
    n_current: 500,
    noise_floor: 0.01,
    baseline: 'training',
    revision: 4,
  }
  expect(parse([notice(3, { to: 'critical' }, evidence)])).toEqual({
    type: 'tidegauge.alert.firing',
    timestamp: '2026-11-01T05:00:00.000Z',
    data: {
      summary: 'm critical: f3 (psi 0.25, limit > 0.2)',
      model: 'fraud',
      monitor: 'm',
      metric: 'psi',
      method: 'psi/x',
      state: 'critical',
      baseline: 'training',
      window: { start: '2026-11-01T00:00:00.000Z', end: '2026-11-01T01:00:00.000Z', width: '1h' },
      versions: ['7'],
      series: [
        {
          version: '7',
          variant: 'live',
          slice: '',
          feature: 'f3',
          from: 'ok',
          to: 'critical',
          value: 0.25,
          p_value: null,
          p_adjusted: null,
          effect: 3,
          noise_floor: 0.01,
          threshold: '> 0.2',
          alpha: 0.05,
          n_reference: 1000,
          n_current: 500,
          revision: 4,
        },
      ],
      series_total: 1,
      series_by_state: { critical: 1 },
      config_revision: 2,
      transition_ids: ['tr_3_1_warn'],
    },
  })
})

test('of many series the twenty greatest effects are listed and all are counted', () => {
  const many = Array.from({ length: 100 }, (_, i) =>
    notice(i, { to: i < 10 ? 'critical' : 'warn' }, { effect: i % 2 === 0 ? i : -i }),
  )
  const { data } = parse(many)
  expect(data.series.map(({ feature }) => feature)).toEqual(
    Array.from({ length: 20 }, (_, i) => `f${99 - i}`),
  )
  expect(data).toMatchObject({ series_total: 100, series_by_state: { critical: 10, warn: 90 } })
  expect(data.transition_ids).toHaveLength(20)
  expect(data.state).toBe('critical')
})

test('however long the names, a message stays below the limit', () => {
  const long = Array.from({ length: 30 }, (_, i) => {
    const plain = notice(i)
    return { ...plain, series: { ...plain.series, slice: `country=${'ü'.repeat(2000)}` } }
  })
  const body = messageBody(input, long)
  expect(Buffer.byteLength(body)).toBeLessThan(maxBodyBytes)
  const { data } = JSON.parse(body) as Message
  expect(data.series.length).toBeGreaterThan(1)
  expect(data.series_total).toBe(30)
})

test('links are there when there are some', () => {
  const body = messageBody({ ...input, links: { alerts: 'https://x.example' } }, [notice(1)])
  expect((JSON.parse(body) as Message).data.links).toEqual({ alerts: 'https://x.example' })
})
