import { describe, inject, test } from 'vitest'
import { missingForKafka } from './kafka-jars.ts'
import type {} from './kafka-shared-setup.ts'

/** Where the cluster is that all test files of a run share. */
export interface SharedKafka {
  readonly brokers: readonly string[]
  readonly direct: readonly string[]
}

const external = process.env['KAFKA_BROKERS'] ?? ''

/** The shared cluster: `KAFKA_BROKERS`, or a node that starts on first demand. Make topics of your own. */
export async function sharedKafka(): Promise<SharedKafka> {
  if (external !== '') return { brokers: external.split(','), direct: external.split(',') }
  const answer = await fetch(inject('sharedKafka'))
  if (!answer.ok) throw new Error(await answer.text())
  return (await answer.json()) as SharedKafka
}

/** A suite that needs the shared cluster. Without one it is skipped aloud, or fails where nothing may be skipped. */
export function describeKafka(name: string, suite: () => void): void {
  describeWith(external === '' ? missingForKafka() : null, name, suite)
}

/** The same for a suite with a cluster of its own, by `startKafka`, which it may end and freeze. */
export function describeOwnKafka(name: string, suite: () => void): void {
  describeWith(missingForKafka(), name, suite)
}

function describeWith(missing: string | null, name: string, suite: () => void): void {
  if (missing === null) {
    describe(name, suite)
    return
  }
  const reason = `"${name}" needs a Kafka broker, and this machine lacks: ${missing}`
  if (process.env['REQUIRE_INTEGRATION'] === '1') {
    describe(name, () => {
      test('has a Kafka broker', () => {
        throw new Error(reason)
      })
    })
    return
  }
  console.warn(`SKIPPED: ${reason}`)
  describe.skip(name, suite)
}
