import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { AppError } from '../../core/errors.ts'
import type { ModelFile } from '../../core/model-spec.ts'
import type { Store } from '../../store/client.ts'
import { seeded, type Seeded } from '../support/seeded.ts'
import { derived, differences } from './derived.ts'
import { monitoredStore, type Faults } from './monitored-store.ts'
import {
  eventStream,
  hour,
  labelStream,
  openingHours,
  streamModel,
  streamStart,
  trainingFile,
} from './stream.ts'

/** How often each kind of statement fails. */
const faultsEach = 1

/**
 * The same requests reach two databases. The monitor of one meets a store in which every kind of
 * statement fails, before it took effect or after, and every other time the monitor dies of that. In the end
 * nothing may tell the two apart: not the metrics, not the alerts, not what is to be sent.
 */
test.each([11])(
  'a monitor that is interrupted anywhere comes to the same end (seed %i)',
  async (seed) => {
    const random = seeded(seed)
    const directory = await mkdtemp(join(tmpdir(), 'tidegauge-faults-'))
    const training = join(directory, 'training.csv')
    await writeFile(training, trainingFile(random, 1000))
    const model: ModelFile = {
      ...streamModel(training),
      ...{ slices: ['country'], detectors: ['psi', 'ks/exact'] },
      sequential: [
        { metric: 'psi', method: 'cusum', parameters: { minInstances: 4, threshold: 3 } },
        { stream: 'errors', method: 'adwin', parameters: { clock: 1, delta: 0.5 } },
      ],
    }
    const faults = seededFaults(random)
    const calm = await monitoredStore(model, directory)
    const stormy = await monitoredStore(model, directory, faults)
    try {
      const stream = eventStream(random, 2000)
      // `opening` is frozen once: what comes late for its interval is no part of it.
      const opening = streamStart + openingHours * hour
      const late = stream.filter(({ ts }) => ts >= opening && random.next() < 0.05)
      const inTime = stream.filter((event) => !late.includes(event))
      const { labels, corrections } = labelStream(random, stream)
      for (const world of [calm, stormy]) {
        for (const arriving of [inTime, labels, [...late, ...corrections]]) {
          await world.send(arriving)
          await world.settle()
        }
      }

      expect([...faults.statements.keys()]).toEqual(
        expect.arrayContaining([
          'record-windows',
          'insert metrics',
          'labelled-windows',
          'outcome-windows',
          'merge-outcomes',
          'insert transitions',
          'merge-range',
          'sequential-states-before',
          'insert sequential_states',
          'insert sequential_rules',
        ]),
      )
      expect(faults.statements.size).toBeGreaterThan(20)
      const [expected, found] = [
        await derived(calm.opened.store),
        await derived(stormy.opened.store),
      ]
      expect(expected.transitions.length).toBeGreaterThan(10)
      expect(differences(expected.windows, found.windows)).toEqual([])
      expect(differences(expected.profiles, found.profiles)).toEqual([])
      expect(expected.outcomes.length).toBeGreaterThan(100)
      expect(differences(expected.outcomes, found.outcomes)).toEqual([])
      expect(differences(expected.metrics, found.metrics)).toEqual([])
      expect(expected.sequential.length).toBeGreaterThan(100)
      expect(differences(expected.sequential, found.sequential)).toEqual([])
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
  600_000,
)

const oncePerModel: ReadonlySet<string> = new Set(['insert sequential_rules'])

/** Every kind of statement fails soon after it is used first, and once more. */
function seededFaults(
  random: Seeded,
): Faults & { readonly statements: ReadonlyMap<string, number> } {
  let count = 0
  const statements = new Map<string, number>()
  const goodCalls = new Map<string, number>()
  const flaky = async <T>(name: string, call: () => Promise<T>): Promise<T> => {
    const before = statements.get(name) ?? 0
    // What is called once in a model's life fails at once, or never.
    const left = goodCalls.get(name) ?? (oncePerModel.has(name) ? 0 : random.int(0, 2))
    goodCalls.set(name, left - 1)
    if (left > 0 || before === faultsEach) return call()
    count += 1
    statements.set(name, before + 1)
    goodCalls.set(name, random.int(0, 2))
    // An answer that is lost says nothing of the statement.
    if (random.next() < 0.5) await call()
    throw new AppError('STORE_UNAVAILABLE', 'a fault of this test')
  }
  return {
    statements,
    count: () => count,
    isFatal: () => random.next() < 0.5,
    wrap: (store): Store => ({
      ...store,
      query: (query) => flaky(query.name, () => store.query(query)),
      command: (statement) => flaky(statement.name, () => store.command(statement)),
      insertArrow: (insert) => flaky(`insert ${insert.table}`, () => store.insertArrow(insert)),
      insertFile: (load) => flaky(`load ${load.table}`, () => store.insertFile(load)),
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
