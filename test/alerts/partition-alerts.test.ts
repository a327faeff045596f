import { expect, test } from 'vitest'
import { createPartitionAlerts, partitionDeliveries } from '../../alerts/partition-alerts.ts'
import type { DeliveryRow } from '../../store/queries/deliveries-row.ts'
import type { PartitionHalt } from '../../store/queries/partition-halts-row.ts'
import { at, silentEvents } from './rows.ts'

const halt: PartitionHalt = {
  ...{ source: 'kafka:main', topic: 'payments', partition: 3, state: 'halted', offset: 184 },
  ...{ exceeded: 'run', reason: 'invalid_json', detail: 'position 1', refused: 9, seen: 10 },
  ...{ releasedBy: '', haltedAt: at(0), changedAt: at(0) },
}
const released: PartitionHalt = {
  ...halt,
  ...{ state: 'released', releasedBy: 'ops', changedAt: at(1) },
}
const ids = (rows: readonly DeliveryRow[]) => rows.map(({ deliveryId }) => deliveryId)

test('ids stay the same whenever and for whatever state it is planned, and are of one halt', () => {
  const [first] = ids(partitionDeliveries(halt, at(0)))
  expect(first).toMatch(/^msg_[0-9a-f]{32}$/)
  const both = ids(partitionDeliveries(released, at(5)))
  expect(both[0]).toBe(first)
  expect(
    ids(partitionDeliveries({ ...released, state: 'resumed', changedAt: at(2) }, at(7))),
  ).toEqual(both)
  const others: Partial<PartitionHalt>[] = [
    { source: 'kafka:other' },
    { topic: 'payments@1' },
    { partition: 4 },
    { offset: 185 },
    { haltedAt: at(9) },
  ]
  const all = others.flatMap((other) => ids(partitionDeliveries({ ...released, ...other }, at(1))))
  expect(new Set([...all, ...both]).size).toBe(12)
})

test('the release comes after the halt, and tells who released it', () => {
  const [first, second] = partitionDeliveries(released, at(5))
  expect(second!.createdAt).toBeGreaterThan(first!.createdAt)
  expect(JSON.parse(first!.body)).toMatchObject({ data: { state: 'halted', released_by: '' } })
  expect(JSON.parse(second!.body)).toMatchObject({
    ...{ type: 'tidegauge.partition.released', timestamp: new Date(at(1)).toISOString() },
    data: { state: 'released', released_by: 'ops' },
  })
})

test('what is in the outbox is not planned again, nor looked for once it is known', async () => {
  const outbox = new Map<string, DeliveryRow>()
  let looks = 0
  let halts = [halt]
  const tell = createPartitionAlerts({
    halts: async () => halts,
    outbox: {
      find: async (id) => {
        looks++
        return outbox.get(id)
      },
      save: async (rows) => {
        for (const row of rows) {
          expect(outbox.has(row.deliveryId)).toBe(false)
          outbox.set(row.deliveryId, row)
        }
      },
    },
    events: silentEvents,
    now: () => at(2),
  })
  await tell()
  await tell()
  expect([outbox.size, looks]).toEqual([1, 1])
  halts = [released]
  await tell()
  expect([outbox.size, looks]).toEqual([2, 3])
})
