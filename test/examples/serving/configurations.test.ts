import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { loadConfig, type Config } from '../../../core/config.ts'
import { systemClock } from '../../../core/clock.ts'
import type { Message } from '../../../ingest/formats/decoder.ts'
import { createDecoders } from '../../../ingest/formats/decoders.ts'
import { getJson, quickSettings, servicePlace, startTestService } from '../../support/service.ts'
import { storedMessage } from '../../support/wire-messages.ts'

const directory = 'examples/serving'
const files = readdirSync(directory).filter((file) => file.endsWith('.yaml'))
const read = (file: string): string => readFileSync(join(directory, file), 'utf8')

const config: Config = loadConfig({ file: join(directory, 'tidegauge.yaml'), env: {} })
const decoders = createDecoders(config, { clock: systemClock })

test.each(files)('%s is YAML without a mistake', (file) => {
  const documents = parseAllDocuments(read(file))
  expect(documents.length).toBeGreaterThan(0)
  expect(documents.flatMap(({ errors, warnings }) => [...errors, ...warnings])).toEqual([])
})

test('the table of the README names every file', () => {
  const readme = readFileSync(join(directory, 'README.md'), 'utf8')
  expect(files.filter((file) => !readme.includes(`\`${file}\``))).toEqual([])
})

interface Target {
  readonly file: string
  readonly path: string
}

/** What a file posts to, wherever its format has it. */
function targets(file: string): Target[] {
  const addresses = [...read(file).matchAll(/^[^#\n]*\bur[il]: (\S*\/v1\/events\S*)/gm)]
  return addresses.map(([, address = '']) => {
    const { pathname, search } = new URL(address, 'http://tidegauge')
    return { file, path: pathname + search }
  })
}

const posting = files.flatMap(targets)

test('there are files that post', () => {
  expect(new Set(posting.map(({ file }) => file)).size).toBeGreaterThan(5)
})

test.each(posting)('$file posts to $path, which the service knows', ({ path }) => {
  const url = new URL(path, 'http://tidegauge')
  expect(url.pathname).toBe('/v1/events')
  const decoding = url.searchParams.get('decoding')
  expect(decoding === null || Object.hasOwn(config.decodings, decoding)).toBe(true)
  const known = ['decoding', 'backfill']
  expect([...url.searchParams.keys()].filter((name) => !known.includes(name))).toEqual([])
})

describe('shippers lose nothing while the service is away', () => {
  interface HttpSink {
    readonly encoding: object
    readonly framing: object
    readonly request: { readonly headers: object }
    readonly acknowledgements: object
  }

  test.each(files.filter((file) => file.startsWith('vector-')))('%s', (file) => {
    const { sinks } = parse(read(file)) as { sinks: Readonly<Record<string, HttpSink>> }
    expect(sinks['tidegauge']).toMatchObject({
      type: 'http',
      encoding: { codec: 'text' },
      framing: { method: 'newline_delimited' },
      request: { headers: { 'content-type': 'application/x-ndjson' } },
      acknowledgements: { enabled: true },
    })
  })

  test.each(files.filter((file) => file.startsWith('fluent-bit-')))('%s', (file) => {
    const { service, parsers, pipeline } = parse(read(file)) as {
      service: object
      parsers: readonly object[]
      pipeline: { inputs: readonly object[]; outputs: readonly object[] }
    }
    expect(service).toHaveProperty(['storage.path'])
    expect(parsers).toEqual([{ name: 'lines', format: 'json' }])
    expect(pipeline.inputs).toMatchObject([{ parser: 'lines', 'storage.type': 'filesystem' }])
    expect(pipeline.outputs).toMatchObject([
      { format: 'json_lines', json_date_key: false, retry_limit: 'no_limits' },
    ])
  })
})

/** The source that a message of this topic comes by, as the first that matches. */
const sourceOf = (topic: string): Config['kafka']['sources'][number] | undefined =>
  config.kafka.sources.find(
    (source) =>
      source.topic === topic ||
      (source.pattern !== undefined && new RegExp(`^(?:${source.pattern})$`).test(topic)),
  )

async function decoded(decoding: string, message: Message): Promise<unknown> {
  return decoders(decoding)?.decode(message)
}

test.each([
  ['kserve/v2-kafka-matrix-request.json', 'churn'],
  ['seldon-v1/kafka-request.json', 'churn'],
  ['seldon-v2/model-inputs.json', 'income'],
])('what %s holds is read as model %s, by the source of its topic', async (path, model) => {
  const message = storedMessage(path)
  const source = sourceOf(message.topic)
  expect(source).toBeDefined()
  expect(await decoded(source?.decoding ?? '', message)).toMatchObject({
    kind: 'half',
    half: { side: 'request', model },
  })
})

test.each([
  ['iris', 'bentoml/data.jsonl', { sepal_len: 5.1, sepal_wid: 3.5 }],
  ['diabetes', 'sagemaker/csv.jsonl', { pregnancies: 6, glucose: 148, blood_pressure: 72 }],
])('lines shipped for decoding %s become events with named features', async (name, path, row) => {
  const { value, ...about } = storedMessage(path)
  const [line = ''] = (value?.toString() ?? '').split('\n')
  const message = { ...about, value: Buffer.from(line) }
  expect(await decoded(name, message)).toMatchObject({
    kind: 'records',
    records: [{ value: { model: name, features: row } }, ...(name === 'iris' ? [] : [{}])],
  })
})

test('lines are stored as Vector posts them', async () => {
  const { decodings } = parse(read('tidegauge.yaml')) as { decodings: object }
  const place = await servicePlace()
  const service = await startTestService(place, {
    ...quickSettings,
    TIDEGAUGE__DECODINGS: JSON.stringify(decodings),
  })
  try {
    const response = await fetch(`${service.url}/v1/events?decoding=iris&backfill=true`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson', 'content-encoding': 'gzip' },
      body: gzipSync(storedMessage('bentoml/data.jsonl').value ?? ''),
    })
    expect(await response.json()).toEqual({ accepted: 2, rejected: [] })
    expect(await getJson(service, '/v1/models')).toMatchObject({ models: [{ model: 'iris' }] })
  } finally {
    await service.stop()
    await place.remove()
  }
})

test('a body of KServe’s protocol v1 gets the names of its columns', async () => {
  expect(await decoded('iris-v1', storedMessage('kserve/v1-request.json'))).toMatchObject({
    kind: 'half',
    half: {
      version: '1',
      rows: [
        { sepal_length: 6.8, sepal_width: 2.8, petal_length: 4.8, petal_width: 1.4 },
        { sepal_length: 6 },
      ],
    },
  })
})

test('the service reads what the producers of the examples write', () => {
  const program = 'examples/producers/with-kafkajs.mjs'
  expect(existsSync(program)).toBe(true)
  const topic = /KAFKA_TOPIC = '(\w+)'/.exec(readFileSync(program, 'utf8'))?.[1] ?? ''
  expect(sourceOf(topic)?.decoding).toBe('native')
})
