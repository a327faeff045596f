import kafkajs from 'kafkajs'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { AppError } from '../../../core/errors.ts'
import { lacksCoordinator } from '../../../ingest/sources/kafka-errors.ts'
import { Rejoining } from '../../../ingest/sources/kafka-rejoining.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const { KafkaJSConnectionError, KafkaJSNonRetriableError } = kafkajs

const wrapped = (cause: Error): Error =>
  Object.assign(new KafkaJSNonRetriableError(cause.message), { cause })

/** As the client wraps it: once for every layer that gave up. */
function notFound(): Error {
  const error = Object.assign(new Error('Failed to find group coordinator'), {
    name: 'KafkaJSGroupCoordinatorNotFound',
  })
  return wrapped(error)
}

function rejoining(starts: (() => Promise<void>)[]) {
  const seen = { starts: 0, ends: 0, alive: 0, failed: [] as string[] }
  const start = async (): Promise<void> => {
    seen.starts += 1
    await starts.shift()?.()
  }
  const end = async (): Promise<void> => {
    seen.ends += 1
  }
  const handlers = {
    alive: () => (seen.alive += 1),
    failed: (error: AppError) => seen.failed.push(error.code),
  }
  return { seen, rejoining: new Rejoining({ start, end }, handlers) }
}

const fails = (error: Error) => () => Promise.reject(error)

test('a coordinator that no broker tells of is told apart, however often it is wrapped', () => {
  expect(lacksCoordinator(notFound())).toBe(true)
  expect(lacksCoordinator(wrapped(notFound()))).toBe(true)
  expect(lacksCoordinator(new KafkaJSNonRetriableError('anything else'))).toBe(false)
})

test('joins again a second later, until a broker is there', async () => {
  const away = new KafkaJSConnectionError('connect ECONNREFUSED')
  const { seen, rejoining: again } = rejoining([fails(away), fails(away), async () => undefined])
  again.later()
  expect(seen).toMatchObject({ starts: 0, alive: 1 })
  await vi.advanceTimersByTimeAsync(1000)
  expect(seen.starts).toBe(1)
  await vi.advanceTimersByTimeAsync(5000)
  expect(seen).toEqual({ starts: 3, ends: 0, alive: 3, failed: [] })
})

test('what only an operator can help ends it', async () => {
  const refused = Object.assign(new Error('no'), { type: 'GROUP_AUTHORIZATION_FAILED' })
  const { seen, rejoining: again } = rejoining([fails(refused)])
  again.later()
  await vi.advanceTimersByTimeAsync(5000)
  expect(seen).toMatchObject({ starts: 1, failed: ['KAFKA_REFUSED'] })
})

test('who leaves does not come back', async () => {
  const { seen, rejoining: again } = rejoining([])
  again.later()
  await again.leave()
  again.later()
  await vi.advanceTimersByTimeAsync(5000)
  expect(seen).toMatchObject({ starts: 0, ends: 1 })
})

test('who leaves while it joins has left when it has joined', async () => {
  let joined = (): void => undefined
  const joins = () => new Promise<void>((resolve) => (joined = resolve))
  const { seen, rejoining: again } = rejoining([joins])
  again.later()
  await vi.advanceTimersByTimeAsync(1000)
  await again.leave()
  expect(seen).toMatchObject({ starts: 1, ends: 1 })
  joined()
  await vi.advanceTimersByTimeAsync(0)
  expect(seen).toMatchObject({ starts: 1, ends: 2 })
})

test('two calls make one try', async () => {
  const { seen, rejoining: again } = rejoining([])
  again.later()
  await vi.advanceTimersByTimeAsync(500)
  again.later()
  await vi.advanceTimersByTimeAsync(5000)
  expect(seen.starts).toBe(1)
})
