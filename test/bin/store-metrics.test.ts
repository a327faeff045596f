import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { clockSkewMs, createStoreMetrics, readableDisks } from '../../bin/store-metrics.ts'
import { systemClock } from '../../core/clock.ts'
import { AppError } from '../../core/errors.ts'
import type { Store } from '../../store/client.ts'
import { describeStore } from '../support/store.ts'

const failing = (code: 'STORE_UNAVAILABLE' | 'STORE_REJECTED') => ({
  query: () => Promise.reject(new AppError(code, 'no')),
})

const asked = { name: 'one', sql: 'SELECT 1 AS one', params: {}, toRow: () => 1 }

describeStore('what a process sees of its store', (opened) => {
  test('disks have a size and some space, and the clock is near', async () => {
    const { store } = opened()
    const registry = new Registry()
    await createStoreMetrics(registry, { store, clock: systemClock }).look()
    const text = await registry.metrics()
    expect(text).toMatch(/^tidegauge_store_disk_size_bytes\{disk="default"\} [1-9]\d{6,}$/m)
    expect(text).toMatch(/^tidegauge_store_disk_free_bytes\{disk="default"\} [1-9]\d{6,}$/m)
    expect(Math.abs(await clockSkewMs(store, systemClock))).toBeLessThan(60_000)
  })

  test('calls through it do what they did, and are counted', async () => {
    const { store } = opened()
    const registry = new Registry()
    const observed = createStoreMetrics(registry, { store, clock: systemClock }).observed(store)
    expect(await observed.query(asked)).toEqual([1])
    expect(observed.database).toBe(store.database)
    expect(await registry.metrics()).toContain(
      'tidegauge_store_request_seconds_count{operation="query"} 1',
    )
  })
})

test('a clock that runs ahead is told by how much, half-way between asking and answer', async () => {
  const times = [1000, 2000]
  const clock = { ...systemClock, now: () => times.shift() ?? 0 }
  const store = { query: async () => [11_500] } as unknown as Store
  expect(await clockSkewMs(store, clock)).toBe(10_000)
})

test('failures are counted by what they are, from zero on', async () => {
  const registry = new Registry()
  const store = failing('STORE_UNAVAILABLE') as unknown as Store
  const { observed } = createStoreMetrics(registry, { store, clock: systemClock })
  const series = 'tidegauge_store_failures_total{operation="query",code="STORE_UNAVAILABLE"}'
  expect(await registry.metrics()).toContain(`${series} 0`)
  await expect(observed(store).query(asked)).rejects.toThrow('no')
  expect(await registry.metrics()).toContain(`${series} 1`)
})

test('a server that shows its disks to nobody has none; one that is away is a failure', async () => {
  expect(await readableDisks(failing('STORE_REJECTED'))).toEqual([])
  await expect(readableDisks(failing('STORE_UNAVAILABLE'))).rejects.toThrow('no')
})
