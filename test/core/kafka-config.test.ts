import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { readConfig } from '../../core/config.ts'

const directory = mkdtempSync(join(tmpdir(), 'tidegauge-kafka-config-'))
afterAll(() => {
  rmSync(directory, { recursive: true })
})

function reading(text: string, env: Record<string, string> = {}) {
  const file = join(directory, 'tidegauge.yaml')
  writeFileSync(file, text)
  return readConfig({ file, env })
}

const messages = (text: string, env = {}) =>
  reading(text, env).problems.map(({ path, message }) => `${path}: ${message}`)

test('a cluster needs its brokers and nothing else; names that people chose stay as they are', () => {
  const { config, problems } = reading(`
kafka:
  clusters:
    my_main: { brokers: ["kafka:9092"], tls: { ca: certs/ca.pem } }
  sources:
    - { cluster: my_main, topic: predictions }
`)
  expect(problems).toEqual([])
  expect(config?.kafka.clusters).toMatchObject({
    my_main: {
      brokers: ['kafka:9092'],
      clientId: 'tidegauge',
      group: 'tidegauge',
      sessionTimeoutMs: 45_000,
      heartbeatIntervalMs: 3000,
      tls: { ca: join(directory, 'certs/ca.pem'), rejectUnauthorized: true },
    },
  })
  expect(config?.kafka.sources).toEqual([
    {
      cluster: 'my_main',
      topic: 'predictions',
      decoding: 'auto',
      backfill: false,
      start: 'earliest',
    },
  ])
})

test('without the section there is no cluster and no source', () => {
  expect(reading('').config?.kafka).toMatchObject({
    clusters: {},
    sources: [],
    topicsRefreshMs: 60_000,
  })
})

test('a password is a reference: the password itself is refused and not repeated', () => {
  const said = messages(`
kafka:
  clusters:
    main: { brokers: ["kafka:9092"], sasl: { mechanism: plain, username: u, password: hunter2 } }
`)
  expect(said).toHaveLength(1)
  expect(said[0]).toContain('kafka.clusters.main.sasl.password')
  expect(said[0]).not.toContain('hunter2')
})

test('a reference to a secret that is not there is found at the start, with its place', () => {
  const text = `
kafka:
  clusters:
    main:
      brokers: ["kafka:9092"]
      sasl:
        mechanism: scram-sha-512
        username: u
        password: \${env:KAFKA_PASSWORD}
`
  expect(reading(text).problems).toMatchObject([
    { line: 9, message: 'environment variable KAFKA_PASSWORD is not set or empty' },
  ])
  const { config } = reading(text, { KAFKA_PASSWORD: 'hunter2' })
  expect(config?.kafka.clusters['main']?.sasl?.password).toBe('${env:KAFKA_PASSWORD}')
})

test.each([
  ['sasl: { mechanism: plain, username: u }', 'plain needs password'],
  ['sasl: { mechanism: oauthbearer }', 'either token or token_url'],
  [
    'sasl: { mechanism: oauthbearer, token_url: "https://id/token", client_id: me }',
    'oauthbearer needs client_secret',
  ],
  ['tls: { cert: a.pem }', 'give both'],
  ['session_timeout: 6s', 'more than a third of session_timeout'],
])('a cluster with %s is refused: %s', (setting, said) => {
  expect(
    messages(`kafka: { clusters: { main: { brokers: ["k:9092"], ${setting} } } }`).join('\n'),
  ).toContain(said)
})

test('a source names a declared cluster and either a topic or a pattern that can be read', () => {
  expect(
    messages(`
kafka:
  clusters: { main: { brokers: ["k:9092"] } }
  sources:
    - { cluster: mian, topic: a }
    - { cluster: main, topic: a, pattern: b }
    - { cluster: main, pattern: "(" }
    - { cluster: main }
`),
  ).toEqual([
    'kafka.sources[0].cluster: found "mian", no cluster under kafka.clusters; declared: main',
    'kafka.sources[1]: give either topic or pattern',
    'kafka.sources[2].pattern: found "("; allowed: a regular expression',
    'kafka.sources[3]: give either topic or pattern',
  ])
})
