import { expect, test } from 'vitest'
import { maxBodyBytes, messageBody, type Message } from '../../alerts/message.ts'
import type { Notice } from '../../alerts/notices.ts'
import type { BinChange } from '../../alerts/ports.ts'
import { rankFindings } from '../../detectors/contribution.ts'
import { at } from './rows.ts'

const bin = (i: number, label = `bin ${i}`): BinChange => ({
  kind: 'category',
  label,
  reference_share: 0.03,
  current_share: 0.41,
  change: 0.38,
  share: 0.5 - i / 20,
})
const five = [0, 1, 2, 3, 4].map((i) => bin(i))

const notice = (i: number, evidence: object = {}, rest: Partial<Notice> = {}): Notice => ({
  kind: 'firing',
  transitionId: `tr_${i}_1_critical`,
  series: {
    ...{ model: 'fraud', monitor: 'input-drift', version: '7', variant: 'live' },
    ...{ slice: '', feature: `f${i}` },
  },
  windowStart: at(0),
  windowEnd: at(1),
  from: 'ok',
  to: 'critical',
  evidence: JSON.stringify({
    ...{ metric: 'psi', method: 'psi/x', value: i, effect: i, threshold: '> 0.5', p_adjusted: 0 },
    ...{ alpha: 0.05, by: 'psi', contributions: five },
    ...evidence,
  }),
  createdAt: 0,
  retracted: false,
  ...rest,
})

const body = (notices: readonly Notice[], kind: 'firing' | 'resolved' = 'firing'): string =>
  messageBody(
    {
      ...{ kind, model: 'fraud', monitor: 'input-drift', metric: 'psi', window: '1h' },
      ...{ configRevision: 2, at: at(5), rank: rankFindings },
    },
    notices,
  )
const data = (text: string): Message['data'] => (JSON.parse(text) as Message).data

test('a series says which bins made its value, and the summary names the first three', () => {
  const { series, summary } = data(body([notice(4)]))
  expect(series[0]).toMatchObject({ by: 'psi', contributions: five })
  expect(summary).toBe(
    "input-drift critical: f4 (psi 4, limit > 0.5): 'bin 0' 3 % → 41 %, 'bin 1' 3 % → 41 %, 'bin 2' 3 % → 41 %",
  )
})

test('features and slices are ranked by their part of all significant effects', () => {
  const noise = notice(1, { effect: 9, p_adjusted: 0.3 })
  const { ranking } = data(body([notice(3), noise, notice(2)]))
  expect(ranking).toMatchObject([
    { rank: 1, feature: 'f3', effect: 3, share: 0.6, significant: true },
    { rank: 2, feature: 'f2', effect: 2, share: 0.4, significant: true },
    { rank: 3, feature: 'f1', effect: 9, share: 0, significant: false },
  ])
})

test('a metric that no bins explain has neither contributions nor a ranking', () => {
  const plain = notice(3, { by: undefined, contributions: undefined, metric: 'missing_rate' })
  const message = data(body([plain]))
  expect(message.series[0]).not.toHaveProperty('contributions')
  expect(message).not.toHaveProperty('ranking')
})

test('what is over, or never happened, is told without bins', () => {
  const over = notice(3, {}, { kind: 'resolved', to: 'ok', retracted: true })
  const message = data(body([over], 'resolved'))
  expect(message.summary).toBe('input-drift retracted: f3 (psi 3, limit > 0.5)')
  expect(message.series[0]).not.toHaveProperty('contributions')
  expect(message).not.toHaveProperty('ranking')
})

test('where five bins do not fit three are told, of the same series', () => {
  const wide = { contributions: five.map((_, i) => bin(i, 'ü'.repeat(64))) }
  const text = body(Array.from({ length: 20 }, (_, i) => notice(i, wide)))
  expect(Buffer.byteLength(text)).toBeLessThan(maxBodyBytes)
  const { series } = data(text)
  expect(series.every(({ contributions }) => contributions?.length === 3)).toBe(true)
  expect(series.length).toBeGreaterThan(12)
})

test('a series is left out before the bins of the others are', () => {
  const long = Array.from({ length: 30 }, (_, i) => {
    const plain = notice(i)
    return { ...plain, series: { ...plain.series, slice: `country=${'ü'.repeat(1500)}` } }
  })
  const text = body(long)
  expect(Buffer.byteLength(text)).toBeLessThan(maxBodyBytes)
  const { series, series_total, ranking } = data(text)
  expect(series_total).toBe(30)
  expect(series.length).toBeGreaterThan(1)
  expect(series.every(({ contributions }) => contributions?.length === 3)).toBe(true)
  expect(ranking).toHaveLength(series.length)
})
