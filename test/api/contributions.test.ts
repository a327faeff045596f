import { afterEach, expect, test } from 'vitest'
import { AppError } from '../../core/errors.ts'
import { appOf, bins, closeApps, fakes, ranking } from './fakes.ts'

afterEach(closeApps)

const path = '/v1/models/fraud/contributions'

test('without a feature the features and slices of the newest window are ranked by psi', async () => {
  const { deps, calls } = fakes()
  const answer = await (await appOf(deps)).inject(path)
  expect(answer.statusCode).toBe(200)
  expect(answer.json()).toEqual(ranking)
  expect(calls).toEqual([['ranking', 'fraud', { metric: 'psi', limit: 100 }]])
})

test('with a feature its bins are answered, with names for programs and labels for people', async () => {
  const { deps, calls } = fakes()
  const query =
    'feature=country&slice=channel%3Dweb&metric=js&window=1d&window_start=2026-11-20T10:00:00Z' +
    '&baseline=training&version=7&variant=live&bins=fine'
  const answer = await (await appOf(deps)).inject(`${path}?${query}`)
  expect(answer.statusCode).toBe(200)
  expect(answer.json()).toEqual(bins)
  expect(calls).toEqual([
    [
      'bins',
      'fraud',
      {
        ...{ metric: 'js', feature: 'country', slice: 'channel=web', window: '1d', fine: true },
        ...{ baseline: 'training', version: '7', variant: 'live' },
        windowStart: new Date('2026-11-20T10:00:00Z'),
      },
    ],
  ])
})

test.each([
  ['another metric', 'metric=ks', 'must be one of psi, js, linf'],
  ['a time without a zone', 'window_start=2026-11-20T00:00:00', 'must be a time'],
  ['a leap second', 'window_start=2026-12-31T23:59:60Z', 'is not a time that exists'],
  ['a limit of none', 'limit=0', 'must be >= 1'],
  ['an unknown parameter', 'featur=amount', 'must not have "featur"'],
])('%s is refused', async (_, query, says) => {
  const { deps, calls } = fakes()
  const answer = await (await appOf(deps)).inject(`${path}?${query}`)
  const { code, message } = answer.json<{ code: string; message: string }>()
  expect([answer.statusCode, code]).toEqual([400, 'REQUEST_INVALID'])
  expect(message).toContain(says)
  expect(calls).toEqual([])
})

test('an unknown model, and a window that holds nothing, are not found', async () => {
  const { deps } = fakes()
  const nothing = async (): Promise<never> => {
    throw new AppError('CONTRIBUTIONS_NOT_FOUND', 'no window of 1h has been evaluated yet')
  }
  const app = await appOf({ ...deps, contributions: { bins: nothing, ranking: nothing } })
  const unknown = await app.inject('/v1/models/nobody/contributions')
  expect([unknown.statusCode, unknown.json()]).toMatchObject([404, { code: 'MODEL_NOT_FOUND' }])
  const empty = await app.inject(path)
  expect([empty.statusCode, empty.json()]).toMatchObject([404, { code: 'CONTRIBUTIONS_NOT_FOUND' }])
})
