import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  getJson,
  servicePlace,
  startTestService,
  type RunningService,
  type ServicePlace,
} from '../../support/service.ts'
import { hasPython, linesOf, post, runProgram, stopProgram } from './run-program.ts'

// Packages of Kafka are not part of this repository: what the examples hand to them is looked at here,
// and is sent to a service as a source of Kafka would have found it.

interface Counts {
  readonly delivered: number
  readonly kept: number
  readonly dropped: number
}

interface Produced {
  readonly topic: string
  readonly key: string
  readonly value: string
  readonly settings: Readonly<Record<string, unknown>>
}

let place: ServicePlace
let service: RunningService
let runs = 0

beforeAll(async () => {
  place = await servicePlace()
  service = await startTestService(place)
})
afterAll(async () => {
  await service.stop()
  await place.remove()
})

async function runExample(
  file: string,
  env: Readonly<Record<string, string>> = {},
): Promise<{ counts: Counts; produced: Produced[]; kept: string[] }> {
  const run = `run-${++runs}`
  const [records, unsent] = [join(place.models, run), join(place.models, `${run}-unsent`)]
  const command = ['python3', `examples/producers/${file}`, '40', run] as const
  const settings = {
    PYTHONPATH: 'test/examples/producers/packages',
    RECORDS: records,
    UNSENT: unsent,
    CLOSE_SECONDS: '0.5',
    ...env,
  }
  const stopAfter = env['STOP_AFTER']
  const counts = await (stopAfter === undefined
    ? runProgram<Counts>(command, settings)
    : stopProgram<Counts>(
        command,
        settings,
        async () => (await linesOf(records)).length === Number(stopAfter),
      ))
  const produced = (await linesOf(records)).map((line) => JSON.parse(line) as Produced)
  return { counts, produced, kept: await linesOf(unsent) }
}

const examples = [
  { file: 'with_confluent_kafka.py', acks: 'acks', idempotence: 'enable.idempotence' },
  { file: 'with_aiokafka.py', acks: 'acks', idempotence: 'enable_idempotence' },
]

describe.skipIf(!hasPython).each(examples)('$file', ({ file, acks, idempotence }) => {
  test('asks for every replica and for no repetition', async () => {
    const { produced } = await runExample(file)
    expect(produced[0]?.settings).toMatchObject({ [acks]: 'all', [idempotence]: true })
  })

  test('produces events and labels that the service takes, under their ids as keys', async () => {
    const { counts, produced } = await runExample(file)
    expect(counts).toEqual({ delivered: 44, kept: 0, dropped: 0 })
    const records = produced.map(({ value }) => JSON.parse(value) as { id: string })
    expect(produced.map(({ key }) => key)).toEqual(records.map(({ id }) => id))
    expect(
      await post(
        service,
        produced.map(({ value }) => value),
      ),
    ).toEqual({
      accepted: 44,
      rejected: [],
    })
    const event = await getJson<object>(service, `/v1/events/checkout/run-${runs}-10`)
    expect(event).toMatchObject({
      version: '1',
      prediction: 'good',
      features: { amount: 20, country: 'DE' },
      issues: [],
      label: { label: 'good' },
    })
  })

  test('keeps in a file what was not confirmed before the end', async () => {
    const { counts, produced, kept } = await runExample(file, { RELIABLE: '0' })
    expect(counts).toEqual({ delivered: 0, kept: 44, dropped: 0 })
    expect([...kept].sort()).toEqual(produced.map(({ value }) => value).sort())
    expect(await post(service, kept)).toEqual({ accepted: 44, rejected: [] })
  })

  test('keeps it too when it is told to stop in the middle of its last flush', async () => {
    const { counts, produced, kept } = await runExample(file, {
      RELIABLE: '0',
      CLOSE_SECONDS: '2',
      STOP_AFTER: '44',
    })
    expect(counts).toEqual({ delivered: 0, kept: 44, dropped: 0 })
    expect([...kept].sort()).toEqual(produced.map(({ value }) => value).sort())
  })

  test('drops and counts what finds no room, and never waits for any', async () => {
    const { counts } = await runExample(file, { ROOM: '4', CAPACITY: '4' })
    expect(counts.delivered).toBe(4)
    // aiokafka has a queue before it, and an event in hand.
    expect(counts.kept).toBeLessThanOrEqual(5)
    expect(counts.dropped).toBe(40 - counts.kept)
  })
})

test.skipIf(!hasPython)('every example in Python can be parsed', async () => {
  const files = ['examples/producers', 'examples/send'].flatMap((directory) =>
    readdirSync(directory)
      .filter((file) => file.endsWith('.py'))
      .map((file) => join(directory, file)),
  )
  expect(files.length).toBeGreaterThan(5)
  const program = `
import ast, json, sys
for path in sys.argv[1:]:
    ast.parse(open(path).read(), path)
print(json.dumps(sys.argv[1:]))`
  expect(await runProgram(['python3', '-c', program, ...files], {})).toEqual(files)
})
