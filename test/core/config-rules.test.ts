import { expect, test } from 'vitest'
import { configFileProblems } from '../../core/config.ts'
import { problemLine } from '../../core/problems.ts'

const key = (id: string, more = '') =>
  `{ id: ${id}, name: n, digest: ${'a'.repeat(64)}, scopes: [read]${more} }`

test.each([
  {
    name: 'the store is embedded or a server, not both',
    text: 'store:\n  path: x\n  url: http://ch:8123\n',
    problems: ['t:2:9 store.path: give either store.path (embedded) or store.url (a server)'],
  },
  {
    name: 'a cluster needs a server',
    text: 'store: { cluster: main }',
    problems: ['t:1:19 store.cluster: a cluster needs store.url: the server to talk to'],
  },
  {
    name: 'the embedded engine has no password',
    text: 'store: { password: x }',
    problems: ['t:1:20 store.password: the embedded engine has no password: set store.url'],
  },
  {
    name: 'a batch fits into the queue',
    text: 'ingest: { queue_bytes: 1000000 }',
    problems: [
      't:1:24 ingest.queue_bytes: ingest.batch.bytes is 33554432, more than ingest.queue_bytes, which is 1000000',
    ],
  },
  {
    name: 'an event fits into a batch',
    text: 'ingest: { limits: { event_bytes: 40000000 }, batch: { bytes: 39000000 } }',
    problems: [
      't:1:34 ingest.limits.event_bytes: ingest.limits.event_bytes is 40000000, more than ingest.batch.bytes, which is 39000000',
      't:1:34 ingest.limits.event_bytes: ingest.limits.event_bytes is 40000000, more than server.body_limit_bytes, which is 16777216',
    ],
  },
  {
    name: 'a body may grow when it is unpacked',
    text: 'server: { inflate_limit_bytes: 2000000 }',
    problems: [
      't:1:32 server.inflate_limit_bytes: server.body_limit_bytes is 16777216, more than server.inflate_limit_bytes, which is 2000000',
    ],
  },
  {
    name: 'proxies are addresses',
    text: 'server: { trust_proxy: [10.0.0.0/8, proxy.local] }',
    problems: [
      't:1:37 server.trust_proxy[1]: found "proxy.local"; allowed: an IP address or a CIDR such as 10.0.0.0/8',
    ],
  },
  {
    name: 'targets of webhooks are hosts or networks, without scheme and port',
    text: 'alerts: { egress: { allow: [10.0.0.0/8, airflow.internal, "http://x", "x:80", 10.0.0.0/99] } }',
    problems: ['"http://x"', '"x:80"', '"10.0.0.0/99"'].map(
      (found, index) =>
        `t:1:${[59, 71, 79][index] ?? 0} alerts.egress.allow[${index + 2}]: found ${found}; allowed: a host name, an IP address or a CIDR, without scheme, port and path`,
    ),
  },
  {
    name: 'ids of keys are different',
    text: `auth:\n  keys:\n    - ${key('a')}\n    - ${key('b')}\n    - ${key('a')}\n`,
    problems: ['t:5:13 auth.keys[2].id: "a" is the id of another key'],
  },
  {
    name: 'a key has all it needs and knows its scopes',
    text: 'auth:\n  keys:\n    - { id: a, name: n, digest: abc, scopes: [reed] }\n    - { id: b }\n',
    problems: [
      't:3:33 auth.keys[0].digest: found "abc"; allowed: 64 lower-case hexadecimal digits',
      't:3:47 auth.keys[0].scopes[0]: found "reed"; allowed: ingest, read, write or admin',
      't:4:7 auth.keys[1]: "name" is missing',
      't:4:7 auth.keys[1]: "digest" is missing',
      't:4:7 auth.keys[1]: "scopes" is missing',
    ],
  },
  {
    name: 'roles are not repeated and not empty',
    text: 'roles: [api, api]',
    problems: ['t:1:14 roles[1]: "api" is there twice'],
  },
  {
    name: 'a section with a wrong setting is judged once that is right',
    text: 'store: { url: ch, password: x }',
    problems: [
      't:1:15 store.url: found "ch"; allowed: a URL such as http://clickhouse:8123, without user name and password',
    ],
  },
  { name: 'what is right is left alone', text: `auth: { keys: [${key('a')}] }`, problems: [] },
])('$name', ({ text, problems }) => {
  expect(configFileProblems('t', text).map(problemLine)).toEqual(problems)
})
