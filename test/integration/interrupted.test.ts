import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { AppError } from '../../core/errors.ts'
import type { Store } from '../../store/client.ts'
import { seeded, type Seeded } from '../support/seeded.ts'
import { derived, differences } from './derived.ts'
import { monitoredStore, type Faults } from './monitored-store.ts'
import { eventStream, streamModel, trainingFile } from './stream.ts'

/** So many calls of the monitor to the store fail, with up to so many good ones in between. */
const faultsInAll = 20
const callsBetween = 120

/**
 * The same requests reach two databases. The monitor of one meets a store that fails now and then,
 * before the statement or after it took effect, and every other time it dies of that. In the end
 * nothing may tell the two apart: not the metrics, not the alerts, not what is to be sent.
 */
test.each([11])(
  'a monitor that is interrupted anywhere comes to the same end (seed %i)',
  async (seed) => {
    const random = seeded(seed)
    const directory = await mkdtemp(join(tmpdir(), 'tidegauge-faults-'))
    const training = join(directory, 'training.csv')
    await writeFile(training, trainingFile(random, 1000))
    const model = { ...streamModel(training), slices: ['country'] }
    const faults = seededFaults(random)
    const calm = await monitoredStore(model, directory)
    const stormy = await monitoredStore(model, directory, faults)
    try {
      const stream = eventStream(random, 2500)
      const late = stream.filter(() => random.next() < 0.05)
      const inTime = stream.filter((event) => !late.includes(event))
      for (const world of [calm, stormy]) {
        for (const arriving of [inTime, late]) {
          await world.send(arriving)
          await world.settle()
        }
      }

      expect(faults.count()).toBe(faultsInAll)
      const [expected, found] = [
        await derived(calm.opened.store),
        await derived(stormy.opened.store),
      ]
      expect(expected.transitions.length).toBeGreaterThan(10)
      expect(differences(expected.windows, found.windows)).toEqual([])
      expect(differences(expected.profiles, found.profiles)).toEqual([])
      expect(differences(expected.metrics, found.metrics)).toEqual([])
      expect(differences(expected.transitions, found.transitions)).toEqual([])
      const planned = await deliveries(calm.opened.store)
      expect(planned.length).toBeGreaterThan(3)
      expect(await deliveries(stormy.opened.store)).toEqual(planned)
    } finally {
      await calm.opened.close()
      await stormy.opened.close()
      await rm(directory, { recursive: true, force: true })
    }
  },
  240_000,
)

function seededFaults(random: Seeded): Faults {
  let count = 0
  let goodCalls = random.int(0, callsBetween)
  const flaky = async <T>(call: () => Promise<T>): Promise<T> => {
    goodCalls -= 1
    if (goodCalls >= 0 || count === faultsInAll) return call()
    count += 1
    goodCalls = random.int(0, callsBetween)
    // An answer that is lost says nothing of the statement.
    if (random.next() < 0.5) await call()
    throw new AppError('STORE_UNAVAILABLE', 'a fault of this test')
  }
  return {
    count: () => count,
    isFatal: () => random.next() < 0.5,
    wrap: (store): Store => ({
      ...store,
      query: (query) => flaky(() => store.query(query)),
      command: (statement) => flaky(() => store.command(statement)),
      insertArrow: (insert) => flaky(() => store.insertArrow(insert)),
      insertFile: (load) => flaky(() => store.insertFile(load)),
    }),
  }
}

const deliveries = (store: Store): Promise<string[]> =>
  store.query({
    name: 'test',
    sql: `SELECT toString(tuple(delivery_id, transition_ids)) AS row FROM deliveries FINAL ORDER BY row`,
    params: {},
    toRow: (raw) => String(raw['row']),
  })
