import fc from 'fast-check'
import { expect, test } from 'vitest'
import { nativeDecoder } from '../../ingest/formats/native.ts'
import { SliceIntake } from '../../ingest/slice-intake.ts'
import type { PartitionSlice } from '../../ingest/sources/partition-slice.ts'
import { auditIntervals } from '../../store/ledger-audit.ts'
import { openModelRegistry } from '../../store/model-registry.ts'
import { ledgerIntervals } from '../../store/queries/ledger-audit.ts'
import { ingestDeps } from '../support/ingest.ts'
import { describeStore } from '../support/store.ts'

const limits = { batchRows: 1000, batchBytes: 1 << 20, batchWaitMs: 1, maxInsertsPerSecond: 1000 }
const length = 40

/** What lies in the topic: every seventh message is no JSON, every fifth offset has none. */
const topicOf = (topic: string) =>
  Array.from({ length }, (_, offset) => ({
    offset,
    topic,
    headers: new Map<string, string>(),
    timestamp: Date.now(),
    value: Buffer.from(
      offset % 7 === 6 ? 'no json' : JSON.stringify({ model: 'replayed', features: { x: offset } }),
    ),
  })).filter(({ offset }) => offset % 5 !== 4)

function sliceOf(topic: string, first: number, last: number): PartitionSlice {
  return {
    source: 'kafka:main',
    stream: topic,
    topic,
    partition: 0,
    first,
    last,
    absent: 'compaction',
    decoding: 'native',
    backfill: false,
    messages: topicOf(topic).filter(({ offset }) => offset >= first && offset <= last),
  }
}

/** Reads of a partition as crashes and rebalances leave them: each begins at or before what was read. */
const readings = fc
  .array(fc.tuple(fc.nat(length - 1), fc.integer({ min: 1, max: 15 })), { maxLength: 6 })
  .map((jumps) => {
    const slices: [first: number, last: number][] = []
    let reached = 0
    for (const [back, size] of [...jumps, [length, length] as const]) {
      const first = Math.max(0, reached - back)
      const last = Math.min(length - 1, Math.max(first + size - 1, reached))
      slices.push([first, last])
      reached = last + 1
      if (reached === length) break
    }
    return slices
  })

describeStore(
  'a partition that is read again after a crash between insert and commit',
  (opened) => {
    test('counts once, keeps one letter a message, and leaves no hole in the ledger', async () => {
      const { store } = opened()
      const registry = await openModelRegistry(store)
      const features = { x: 'numeric' } as const
      await registry.put({ model: 'replayed', kind: 'features', features }, 'api')
      const deps = { ...ingestDeps(store, registry, { decoder: () => nativeDecoder }), limits }
      let run = 0
      await fc.assert(
        fc.asyncProperty(readings, async (slices) => {
          const topic = `replayed-${run++}`
          for (const [first, last] of slices) {
            const intake = new SliceIntake(deps)
            await intake.receive(sliceOf(topic, first, last))
            await intake.close()
          }
          const sent = topicOf(topic)
          const letters = sent.filter(({ offset }) => offset % 7 === 6).length
          const count = async (sql: string): Promise<number[]> =>
            store.query({ name: 'test', sql, params: { topic }, toRow: (raw) => Number(raw['n']) })
          const events =
            'SELECT count() AS n FROM events_replayed FINAL WHERE _topic = {topic:String}'
          expect(await count(events)).toEqual([sent.length - letters])
          const dead = 'SELECT count() AS n FROM dead_letters FINAL WHERE topic = {topic:String}'
          expect(await count(dead)).toEqual([letters])
          const audit = auditIntervals(await store.query(ledgerIntervals()))
          expect(audit.partitions.find((partition) => partition.topic === topic)).toMatchObject({
            complete: true,
            balanced: true,
            intervals: [{ from: 0, to: length - 1 }],
          })
        }),
        { numRuns: 12 },
      )
    })
  },
)
