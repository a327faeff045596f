import { readdirSync, readFileSync } from 'node:fs'
import { loadConfig } from '../../core/config.ts'
import { plainFormats } from '../../core/decoding-schema.ts'
import { createConfluentDecoder, payloadReader } from '../../ingest/formats/confluent-wire.ts'
import type { Decoder, Message } from '../../ingest/formats/decoder.ts'
import { createDecoders } from '../../ingest/formats/decoders.ts'
import { nativeValue } from '../../ingest/formats/native-values.ts'
import { plainOptions } from '../../ingest/formats/options.ts'
import { storedMessage, wireMessage } from './wire-messages.ts'

const mapping = {
  parse: ['/request_payload/0', 'instance', 'answer', 'answer/scores'],
  rows: { instance: '/request_payload', answer: '/response_payload' },
  model: '/endpoint',
  id: '/request_id',
  ts: '/logging_time',
  features: { '*': 'instance', 'all.*': '', first: 'instance/0' },
  score: 'answer/scores',
  classes: 'answer/classes',
  tags: { '*': '/tags', endpoint: '/endpoint' },
  label: { id: '/request_id', label: '/truth' },
}

interface ConfluentCase {
  readonly name: string
  readonly type: string
  readonly hex: string
  readonly schema: string
  readonly references: readonly { readonly name: string; readonly text: string }[]
}

const confluent = JSON.parse(
  readFileSync(new URL('../fixtures/formats/confluent/messages.json', import.meta.url), 'utf8'),
) as ConfluentCase[]

/** Every decoder there is: each format plain and told everything, a mapping, every kind of schema. */
export function allDecoders(): (readonly [name: string, decoder: Decoder])[] {
  const told = { model: 'm', version: '1', features: ['a', 'b'], time_zone: 'Europe/Berlin' }
  const decodings = {
    ...Object.fromEntries(plainFormats.map((format) => [`told-${format}`, { format, ...told }])),
    mapping: { format: 'mapping', mapping },
  }
  const config = loadConfig({ env: { TIDEGAUGE__DECODINGS: JSON.stringify(decodings) } })
  const find = createDecoders(config, { clock: { monotonic: () => 0 } })
  const configured = [...plainFormats, ...Object.keys(decodings)].map((name) => {
    const decoder = find(name)
    if (decoder === undefined) throw new Error(`no decoder ${name}`)
    return [name, decoder] as const
  })
  return [...configured, ...confluent.map(confluentDecoder)]
}

function confluentDecoder({ name, type, schema, references }: ConfluentCase) {
  const found = { ok: true, schema: payloadReader({ type, text: schema, references }) } as const
  const toDecoded = (value: unknown) => nativeValue(value, plainOptions('confluent'))
  return [name, createConfluentDecoder({ find: () => found }, toDecoded)] as const
}

/** A real payload of every format there is. */
export function allPayloads(): Message[] {
  const folder = new URL('../fixtures/formats/', import.meta.url)
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  const stored = files
    .filter((file) => /\.jsonl?$/.test(file) && !/^(confluent|mapping)/.test(file))
    .map(storedMessage)
  const row = wireMessage(readFileSync(new URL('mapping/vertex-row.json', folder), 'utf8'))
  const written = confluent.map(({ hex }) => wireMessage(Buffer.from(hex, 'hex')))
  const event = { model: 'm', id: 'r', ts: 1, features: { a: 1, b: 'x' }, score: { a: 0.1 } }
  return [...stored, row, ...written, wireMessage(event), wireMessage([event, event])]
}
