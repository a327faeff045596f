import { expect, test } from 'vitest'
import { Intake } from '../../ingest/intake.ts'
import { openModelRegistry } from '../../store/model-registry.ts'
import { getEvent, type EventRecord } from '../../store/queries/get-event.ts'
import { eventLimits, ingestDeps } from '../support/ingest.ts'
import { describeStore } from '../support/store.ts'

const limits = {
  batchRows: 10_000,
  batchBytes: 1 << 24,
  batchWaitMs: 1,
  queueBytes: 1 << 24,
  maxInsertsPerSecond: 1000,
  eventBytes: eventLimits.eventBytes,
}

describeStore('texts and embeddings', (opened) => {
  /** Sends the events as one request and reads each of them back. */
  async function stored(
    model: string,
    lines: readonly string[],
  ): Promise<Pick<EventRecord, 'features' | 'issues'>[]> {
    const { store } = opened()
    const registry = await openModelRegistry(store)
    await registry.put({ model, features: { comment: 'text', vector: { embedding: [3] } } }, 'api')
    const intake = new Intake({ ...ingestDeps(store, registry), limits })
    const body = Buffer.from(
      lines.map((given, i) => `{"model":"${model}","id":"e-${i}","features":${given}}`).join('\n'),
    )
    const receipt = await intake.receive({
      body,
      idempotencyKey: null,
      backfill: false,
      models: null,
    })
    expect(receipt.rejected).toEqual([])
    await intake.close()
    const events = await Promise.all(lines.map((_, i) => store.query(getEvent(model, `e-${i}`))))
    return events.flat()
  }

  const rows = async (model: string, lines: readonly string[]) =>
    (await stored(model, lines)).map(({ features, issues }) => [
      features.get('comment'),
      features.get('vector'),
      issues.map(({ feature, reason, value }) => `${feature} ${reason}: ${value}`),
    ])

  test('are stored as they came; null, absent and the empty list are missing', async () => {
    expect(
      await rows('raw', [
        '{"comment":"Größe 漢字 👍","vector":[0.1,-2,3e-5]}',
        '{"comment":null,"vector":null}',
        '{}',
        '{"comment":"","vector":[]}',
        '{"vector":[1,2,3],"comment":"after two that are missing"}',
      ]),
    ).toEqual([
      ['Größe 漢字 👍', [0.1, -2, 0.00003], []],
      [null, null, []],
      [null, null, []],
      ['', null, []],
      ['after two that are missing', [1, 2, 3], []],
    ])
  })

  test('a list of another length is another type, one with a number that is none is invalid', async () => {
    expect(
      await rows('strange', [
        '{"vector":[1,2]}',
        '{"vector":[1,2,3,4]}',
        '{"vector":[1,2,null]}',
        '{"vector":[1,1e999,3]}',
        '{"vector":[1e300,2,3]}',
        '{"vector":["1",2,3]}',
        '{"vector":"[1,2,3]"}',
        '{"vector":7}',
        '{"comment":7}',
        '{"comment":["a"]}',
      ]),
    ).toEqual([
      [null, null, ['vector type_mismatch: a list of 2']],
      [null, null, ['vector type_mismatch: a list of 4']],
      [null, null, ['vector invalid: [2]: null']],
      [null, null, ['vector invalid: [1]: Infinity']],
      [null, null, ['vector invalid: [0]: 1e+300']],
      [null, null, ['vector invalid: [0]: "1"']],
      [null, null, ['vector type_mismatch: [1,2,3]']],
      [null, null, ['vector type_mismatch: 7']],
      [null, null, ['comment type_mismatch: 7']],
      [null, null, ['comment type_mismatch: an array']],
    ])
  })

  test('a text may be longer than other strings; beyond its limit the beginning is kept and it is noted', async () => {
    const long = 'x'.repeat(8000)
    // The limit would cut the last character in two.
    const beyond = `${'y'.repeat(8191)}👍 and more`
    expect(
      await rows('long', [
        `{"comment":${JSON.stringify(long)}}`,
        `{"comment":${JSON.stringify(beyond)}}`,
      ]),
    ).toEqual([
      [long, null, []],
      ['y'.repeat(8191), null, ['comment truncated: 8202 characters']],
    ])
  })

  test('nobody guesses them: a string that turns up is a category, a list tells what to declare', async () => {
    const { store } = opened()
    const [event] = await stored('guessed', ['{"note":"hello","numbers":[1,2,3,4],"words":["a"]}'])
    expect(event?.features.get('note')).toBe('hello')
    expect([...(event?.features.keys() ?? [])].sort()).toEqual(['comment', 'note', 'vector'])
    expect(event?.issues).toEqual([
      {
        feature: 'numbers',
        reason: 'type_mismatch',
        value: 'a list of numbers: declare it as { embedding: [4] }',
      },
    ])
    const registry = await openModelRegistry(store)
    expect(registry.get('guessed')?.spec.features.get('note')).toEqual({ type: 'categorical' })
  })

  test('a column keeps its kind and an embedding its length', async () => {
    const registry = await openModelRegistry(opened().store)
    const put = (features: Record<string, 'text' | 'categorical' | { embedding: number[] }>) =>
      registry.put({ model: 'kept', features }, 'api')
    await put({ t: 'text', e: { embedding: [3] } })
    await expect(put({ t: 'categorical', e: { embedding: [3] } })).rejects.toThrow(
      'feature "t" was text and cannot become categorical',
    )
    await expect(put({ t: 'text', e: { embedding: [4] } })).rejects.toThrow(
      'feature "e" was embedding: [3] and cannot become embedding: [4]',
    )
    await put({ t: 'text', e: { embedding: [3] }, u: 'text' })
    expect(registry.get('kept')?.spec.features.get('u')).toEqual({ type: 'text' })
  })
})
