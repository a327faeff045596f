import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { AppError } from '../../../core/errors.ts'
import { Secret } from '../../../core/secrets.ts'
import {
  SchemaRegistry,
  type RegisteredSchema,
  type RegistryOptions,
} from '../../../ingest/formats/schema-registry.ts'
import { startSchemaRegistry, type TestSchemaRegistry } from '../../support/schema-registry.ts'

let server: TestSchemaRegistry
beforeAll(async () => {
  server = await startSchemaRegistry()
})
afterAll(() => server.close())
beforeEach(() => {
  server.mood = 'well'
  server.schemas.clear()
  server.asked.length = 0
})

const clock = { ms: 0, monotonic: () => clock.ms }

function registry(options: Partial<RegistryOptions> = {}): SchemaRegistry<RegisteredSchema> {
  return new SchemaRegistry({ url: server.url, timeoutMs: 5000, ...options }, clock, (schema) => {
    if (schema.text === 'broken') throw new TypeError('it is broken')
    return schema
  })
}

const avro = (
  text: string,
  references: readonly RegisteredSchema['references'][number][] = [],
) => ({
  ok: true,
  schema: { type: 'AVRO', text, references },
})

const paths = () => server.asked.map(({ path }) => path)

test('a schema is asked for once, however many messages wait for it', async () => {
  server.schemas.set('/schemas/ids/1', { schema: '"int"' })
  const schemas = registry()
  const found = await Promise.all([schemas.find(1), schemas.find(1)])
  expect(found).toEqual([avro('"int"'), avro('"int"')])
  // Known, it is there without waiting.
  expect(schemas.find(1)).toEqual(avro('"int"'))
  expect(paths()).toEqual(['/schemas/ids/1'])
})

test('what a schema refers to comes before it, and once', async () => {
  const reference = (name: string) => ({ name, subject: `${name}/s`, version: 2 })
  const at = (name: string) => `/subjects/${name}%2Fs/versions/2`
  server.schemas.set('/schemas/ids/1', {
    schema: 'main',
    schemaType: 'PROTOBUF',
    references: [reference('a'), reference('b')],
  })
  server.schemas.set(at('a'), { schema: 'A', references: [reference('c')] })
  server.schemas.set(at('b'), { schema: 'B', references: [reference('c')] })
  server.schemas.set(at('c'), { schema: 'C', references: [reference('a')] })
  expect(await registry().find(1)).toEqual({
    ok: true,
    schema: {
      type: 'PROTOBUF',
      text: 'main',
      references: [
        { name: 'c', text: 'C' },
        { name: 'a', text: 'A' },
        { name: 'b', text: 'B' },
      ],
    },
  })
  expect(paths()).toHaveLength(4)
})

test.each<{ name: string; options: Partial<RegistryOptions>; header: string | undefined }>([
  { name: 'nothing', options: {}, header: undefined },
  {
    name: 'user name and password',
    options: { username: 'u', password: new Secret('p:w') },
    header: `Basic ${Buffer.from('u:p:w').toString('base64')}`,
  },
  { name: 'a token', options: { token: new Secret('t0') }, header: 'Bearer t0' },
])('says who it is by $name', async ({ options, header }) => {
  server.schemas.set('/schemas/ids/1', { schema: '"int"' })
  await registry({ url: `${server.url}/`, ...options }).find(1)
  expect(server.asked[0]?.headers.authorization).toBe(header)
  expect(paths()).toEqual(['/schemas/ids/1'])
})

test('an id that nobody knows is asked for again after a while: a registry may learn late', async () => {
  const schemas = registry()
  const unknown = { ok: false, detail: 'the registry has no such schema' }
  expect(await schemas.find(1)).toEqual(unknown)
  expect(schemas.find(1)).toEqual(unknown)
  server.schemas.set('/schemas/ids/1', { schema: '"int"' })
  clock.ms += 30_001
  expect(await schemas.find(1)).toEqual(avro('"int"'))
})

test('a schema that cannot be used says why', async () => {
  server.schemas.set('/schemas/ids/1', { schema: 'broken' })
  expect(await registry().find(1)).toEqual({
    ok: false,
    detail: 'its AVRO schema cannot be used: it is broken',
  })
})

test('a schema of 10 MB is not read, and costs its messages only', async () => {
  server.schemas.set('/schemas/ids/1', { schema: 'x'.repeat(10 * 1024 ** 2) })
  server.schemas.set('/schemas/ids/2', { schema: '"int"' })
  const schemas = registry()
  expect(await schemas.find(1)).toEqual({ ok: false, detail: 'its schema is over 1048576 bytes' })
  expect(await schemas.find(2)).toEqual(avro('"int"'))
})

const failureOf = async (schemas: SchemaRegistry<unknown>): Promise<AppError> => {
  try {
    await schemas.find(1)
  } catch (error) {
    return error as AppError
  }
  throw new Error('it was found')
}

test.each<{ name: string; mood: TestSchemaRegistry['mood']; reason: string }>([
  { name: 'hangs', mood: 'hanging', reason: 'TimeoutError' },
  { name: 'never ends its answer', mood: 'dripping', reason: 'TimeoutError' },
  { name: 'closes the connection', mood: 'resetting', reason: 'UND_ERR_SOCKET' },
  { name: 'is ill', mood: { status: 500, body: '{}' }, reason: 'status 500' },
  { name: 'refuses the credentials', mood: { status: 401, body: '' }, reason: 'status 401' },
  { name: 'is elsewhere', mood: { status: 302, body: '' }, reason: 'status 302' },
  {
    name: 'is another server',
    mood: { status: 404, body: '{"message":"no route"}' },
    reason: 'status 404',
  },
  {
    name: 'is the page of a proxy',
    mood: { status: 200, body: '<html>' },
    reason: 'an answer that is no JSON object',
  },
  {
    name: 'answers without a schema',
    mood: { status: 200, body: '{"id":1}' },
    reason: 'an answer without a schema',
  },
  {
    name: 'refers to nothing',
    mood: { status: 200, body: '{"schema":"x","references":[{}]}' },
    reason: 'a reference without name, subject and version',
  },
])('messages wait for a registry that $name', async ({ mood, reason }) => {
  server.schemas.set('/schemas/ids/1', { schema: '"int"' })
  server.mood = mood
  const schemas = registry({ timeoutMs: 200 })
  const failure = await failureOf(schemas)
  expect(failure).toBeInstanceOf(AppError)
  expect(failure).toMatchObject({ code: 'SCHEMA_REGISTRY_UNAVAILABLE', retryable: true })
  expect(failure.details['reason']).toBe(reason)
  // For a second every message would wait as long as the first: they are told at once instead.
  server.mood = 'well'
  expect(await failureOf(schemas)).toBe(failure)
  expect(paths()).toHaveLength(1)
  clock.ms += 1001
  expect(await schemas.find(1)).toEqual(avro('"int"'))
})

test('messages wait for a registry that is not there', async () => {
  const gone = await startSchemaRegistry()
  await gone.close()
  const failure = await failureOf(registry({ url: gone.url }))
  expect(failure.details['reason']).toBe('ECONNREFUSED')
})

test('a schema that is known needs no registry', async () => {
  server.schemas.set('/schemas/ids/1', { schema: '"int"' })
  const schemas = registry({ timeoutMs: 200 })
  await schemas.find(1)
  server.mood = 'resetting'
  await expect(Promise.resolve().then(() => schemas.find(2))).rejects.toThrow(AppError)
  expect(schemas.find(1)).toEqual(avro('"int"'))
})

test('the thousand schemas used last are kept', async () => {
  for (let id = 0; id <= 1000; id++) server.schemas.set(`/schemas/ids/${id}`, { schema: '"int"' })
  const schemas = registry()
  for (let id = 0; id < 1000; id++) await schemas.find(id)
  expect(schemas.find(0)).toEqual(avro('"int"'))
  await schemas.find(1000)
  server.asked.length = 0
  expect(schemas.find(0)).toEqual(avro('"int"'))
  await schemas.find(1)
  expect(paths()).toEqual(['/schemas/ids/1'])
})

test('a secret stays out of the message of an error', async () => {
  server.mood = { status: 401, body: 'geheim' }
  const failure = await failureOf(registry({ token: new Secret('geheim') }))
  expect(JSON.stringify([failure.message, failure.details])).not.toContain('geheim')
})
