import { expect, test } from 'vitest'
import { createLetterMirror, mirrored } from '../../ingest/mirror-letters.ts'
import type { ProducedMessage } from '../../ingest/sources/kafka-ports.ts'
import { insertDeadLetters, type DeadLetter } from '../../store/insert-dead-letters.ts'
import type { Store } from '../../store/client.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { describeStore } from '../support/store.ts'

const start = Date.UTC(2026, 10, 20)
const letter = (offset: number, more: Partial<DeadLetter> = {}): DeadLetter => ({
  ...{ source: 'kafka:main', topic: 'payments', partition: 3, offset, model: '' },
  ...{ reason: 'invalid_json', detail: 'position 1', raw: Buffer.from([0, 255, offset & 255]) },
  ...{ headers: '[["content-type","text/x"]]', decoding: 'native', fallbackId: '' },
  ...{ receivedAt: start + offset, ...more },
})

function open(store: Store) {
  const clock = new ManualClock(start)
  const requests: ProducedMessage[][] = []
  let away = 0
  const mirror = createLetterMirror({
    ...{ store, clock, topic: 'letters' },
    producer: {
      produce: async (topic, messages) => {
        expect(topic).toBe('letters')
        if (away-- > 0) throw new Error('away')
        requests.push([...messages])
      },
    },
  })
  const offsets = () =>
    requests
      .splice(0)
      .flatMap((messages) => messages.map(({ headers }) => Number(headers.get('tidegauge-offset'))))
  return { clock, mirror, requests, offsets, fail: (times: number) => (away = times) }
}

const put = (store: Store, letters: readonly DeadLetter[], changedAt = start) =>
  insertDeadLetters(store, letters, { replayedAt: null, changedAt })

test('a copy is the message as it came, and says why it was refused and where it came from', () => {
  const { key, value, headers } = mirrored(letter(7))
  expect(key).toBe('kafka:main/payments/3')
  expect(value).toEqual(Buffer.from([0, 255, 7]))
  expect(Object.fromEntries(headers)).toEqual({
    'content-type': 'text/x',
    'tidegauge-reason': 'invalid_json',
    'tidegauge-detail': 'position 1',
    'tidegauge-source': 'kafka:main',
    'tidegauge-topic': 'payments',
    'tidegauge-partition': '3',
    'tidegauge-offset': '7',
  })
})

test('one that no broker would take comes without its bytes, and says so', () => {
  const { value, headers } = mirrored(letter(7, { raw: Buffer.alloc(900_000) }))
  expect(value).toBeNull()
  expect(headers.get('tidegauge-left-out')).toBe('900000')
})

describeStore('the mirror of dead letters', (getStore) => {
  test('has each letter once while all is well, and what the brokers did not take again', async () => {
    const { store } = getStore()
    const { clock, mirror, offsets, fail } = open(store)
    await put(store, [letter(1), letter(2), letter(3, { partition: 4 })])
    fail(1)
    await expect(mirror()).rejects.toThrow('away')
    await mirror()
    expect(offsets()).toEqual([1, 2, 3])
    await mirror()
    expect(offsets()).toEqual([])
    // Stored by another instance, whose clock is behind.
    clock.advance(3_600_000)
    await mirror()
    await put(store, [letter(9)], clock.now() - 300_000)
    await mirror()
    expect(offsets()).toEqual([9])
    // Another process knows what is there already.
    const other = open(store)
    await other.mirror()
    expect(other.offsets()).toEqual([])
  })

  test('goes in requests that brokers take, however many letters wait', async () => {
    const { store } = getStore()
    const { mirror, requests } = open(store)
    const raw = Buffer.alloc(300_000)
    const many = Array.from({ length: 130 }, (_, i) => letter(i, { topic: 'many' }))
    await put(store, many)
    await put(
      store,
      [0, 1, 2].map((i) => letter(i, { topic: 'large', raw, receivedAt: start - 1 })),
    )
    await mirror()
    expect(requests.map((messages) => messages.length)).toEqual([2, 98, 33])
  })
})
