import { expect, test } from 'vitest'
import { describeKafka, sharedKafka } from '../../support/kafka.ts'
import { kafkaAdmin } from '../../support/kafka-admin.ts'
import { plainConsumer } from '../../support/kafka-consumer.ts'
import { eventually } from '../../support/service.ts'
import { runProgram } from '../producers/run-program.ts'

describeKafka('flights on their way to Kafka', () => {
  test('every line is a message, and a label is in the partition of its flight', async () => {
    const kafka = await sharedKafka()
    const admin = await kafkaAdmin(kafka)
    const topic = await admin.createTopic('flights', { partitions: 4 })
    const lines = Array.from({ length: 6000 }, (_, i) => [
      JSON.stringify({ model: 'flight-delay', id: `f${i}`, features: { distance: i } }),
      JSON.stringify({ type: 'label', model: 'flight-delay', id: `f${i}`, label: '0' }),
    ]).flat()
    const brokers = kafka.brokers.join(',')
    const command = [
      process.execPath,
      'examples/flights/to-kafka.mjs',
      '--brokers',
      brokers,
    ] as const
    const sent = await runProgram([...command, '--topic', topic], {}, lines.join('\n'))
    expect(sent).toEqual({ sent: 12_000, topic, done: true })

    const consumer = await plainConsumer({ brokers: kafka.brokers, group: topic, topic })
    try {
      await eventually('all messages', async () => consumer.values.length === 12_000)
      expect([...consumer.values].sort()).toEqual([...lines].sort())
      const at = new Map(consumer.values.map((value, place) => [value, place]))
      const inOrder = lines
        .filter((_, i) => i % 2 === 0)
        .every((line, i) => {
          const label = at.get(lines[2 * i + 1] ?? '') ?? -1
          return label > (at.get(line) ?? Infinity)
        })
      expect(inOrder).toBe(true)
    } finally {
      await consumer.stop()
      await admin.close()
    }
  })
})
