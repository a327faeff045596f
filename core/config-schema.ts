import { Type } from 'typebox'
import {
  bytes,
  count,
  list,
  path,
  section,
  timer,
  type DurationText,
  type PathText,
  type SecretText,
} from './config-fields.ts'
import { alerts } from './alerts-schema.ts'
import { decodings, registries } from './decoding-schema.ts'
import { ingest } from './ingest-schema.ts'
import { kafka } from './kafka-schema.ts'
import { namePattern } from './schema-fields.ts'
import { scopes } from './names.ts'
import type { Secret } from './secrets.ts'

export type { DurationText, PathText, SecretText } from './config-fields.ts'

const Address = Type.String({
  minLength: 1,
  maxLength: 253,
  'x-allowed': 'an IP address or a CIDR such as 10.0.0.0/8',
})
const ApiKey = section('One API key.', {
  id: Type.String({
    pattern: '^[A-Za-z0-9-]{1,64}$',
    'x-allowed': 'up to 64 letters, digits and dashes',
    description: 'The part of the key between `tgk_` and the next `_`.',
  }),
  name: Type.String({
    minLength: 1,
    maxLength: 128,
    description: 'Who uses the key: shown in lists and in the audit log.',
  }),
  digest: Type.String({
    pattern: '^[0-9a-f]{64}$',
    'x-allowed': '64 lower-case hexadecimal digits',
    description: 'SHA-256 of the whole key in hexadecimal. The key itself is nowhere stored.',
  }),
  scopes: Type.Array(Type.Enum([...scopes]), {
    minItems: 1,
    uniqueItems: true,
    description: 'What the key may do. `admin` implies the others.',
  }),
  models: Type.Optional(
    Type.Array(Type.String({ pattern: namePattern, 'x-allowed': 'a model name' }), {
      minItems: 1,
      uniqueItems: true,
      description: 'The models the key is for. Left out: all of them.',
    }),
  ),
})

const server = section('The HTTP listener.', {
  host: Type.String({
    minLength: 1,
    default: '127.0.0.1',
    description:
      'Address to listen on. Any other than a loopback address is refused as long as there is no API key.',
  }),
  port: count(8080, 'Port to listen on; 0 takes a free one.', { least: 0, most: 65_535 }),
  trust_proxy: list(
    Address,
    [],
    'Reverse proxies whose X-Forwarded-* headers are believed, as addresses or CIDRs.',
  ),
  request_timeout: timer('30s', 'Deadline of receiving one whole request.'),
  connection_timeout: timer('60s', 'How long a connection may stay without any traffic.'),
  keep_alive_timeout: timer('72s', 'How long an idle connection is kept for the next request.'),
  shutdown_timeout: timer('25s', 'How long requests and batches in flight may take when it stops.'),
  body_limit_bytes: bytes(16 * 1024 ** 2, 'Greatest request body as received; beyond it 413.'),
  inflate_limit_bytes: bytes(64 * 1024 ** 2, 'Greatest body of a gzip request once unpacked.'),
  rate_limit_per_minute: count(
    120_000,
    'Requests a minute of one API key, or of one address without a key; 0 for no limit.',
    { least: 0 },
  ),
})

const store = section('ClickHouse: embedded in the process, or a server.', {
  path: path({
    default: './data',
    description: 'Directory of the embedded engine. One process a directory.',
  }),
  url: Type.Optional(
    Type.String({
      pattern: '^https?://[^@\\s]+$',
      'x-allowed': 'a URL such as http://clickhouse:8123, without user name and password',
      description: 'HTTP URL of a ClickHouse server; takes the place of the embedded engine.',
    }),
  ),
  username: Type.String({
    minLength: 1,
    default: 'default',
    description: 'User on the server.',
  }),
  password: Type.Optional(
    Type.Unsafe<SecretText>(
      Type.String({
        minLength: 1,
        'x-kind': 'secret',
        'x-allowed': 'a secret or a reference such as ${env:NAME} or file:/path',
        description:
          'Password on the server: better a reference such as `${env:CLICKHOUSE_PASSWORD}` or `file:/run/secrets/clickhouse`.',
      }),
    ),
  ),
  database: Type.String({
    pattern: '^[A-Za-z_][A-Za-z0-9_]{0,63}$',
    'x-allowed': 'up to 64 letters, digits and underscores, not starting with a digit',
    default: 'tidegauge',
    description: 'Database of all tables; made if it does not exist.',
  }),
  cluster: Type.Optional(
    Type.String({
      pattern: '^[A-Za-z0-9_.-]{1,128}$',
      'x-allowed': 'up to 128 letters, digits, underscores, dots and dashes',
      description:
        'Name of the cluster on the server: tables become replicated and distributed. Needs `url`.',
    }),
  ),
  timeout: timer('60s', 'Deadline of one query or insert.'),
})

/**
 * `tidegauge.yaml`: the one schema that validates it, types it, holds its defaults, and is published
 * for editors and in docs/reference/config.md. As written, every key with a default may be left out.
 */
export const ConfigSchema = section('Configuration of the Tidegauge service.', {
  roles: Type.Array(Type.Enum(['ingest', 'monitor', 'api']), {
    minItems: 1,
    uniqueItems: true,
    default: ['ingest', 'monitor', 'api'],
    description: 'What this process does.',
  }),
  server,
  store,
  ingest,
  kafka,
  decodings,
  registries,
  models: section('The monitored models.', {
    directory: path({
      default: './models',
      description: 'Directory of model files (`*.yaml`, `*.yml`, `*.json`); need not exist.',
    }),
    auto_register: Type.Boolean({
      default: true,
      description: 'Register a model that nobody declared from its first events.',
    }),
    max: count(1000, 'Most models; each has a table of its own.', { most: 100_000 }),
  }),
  monitor: section('When windows are computed and judged.', {
    shard: Type.Optional(
      Type.String({
        pattern: '^[0-9]{1,4}/[1-9][0-9]{0,3}$',
        'x-allowed': 'index/count, such as 0/3, 1/3 and 2/3',
        description:
          'Which of several monitors this is: models are shared out by name. Left out, this one has them all, or what `monitor.control` gives it.',
      }),
    ),
    control: Type.Optional(
      section(
        'Several monitors that share the models out among themselves: members of a Kafka group, by the partitions of a small topic that nobody writes to.',
        {
          cluster: Type.String({
            minLength: 1,
            description: 'Name of the cluster under `kafka.clusters`.',
          }),
          topic: Type.String({
            pattern: '^[A-Za-z0-9._-]{1,249}$',
            'x-allowed': 'a topic: up to 249 letters, digits, dots, _ and -',
            default: 'tidegauge-monitors',
            description: 'The topic; made with `partitions` partitions where it does not exist.',
          }),
          partitions: count(
            32,
            'Partitions of the topic if it is made: more monitors than these have nothing to do.',
            { most: 1024 },
          ),
        },
      ),
    ),
    interval: timer('500ms', 'Pause between two looks at the ledger.'),
    ledger_overlap: timer(
      '2m',
      'How far behind the newest ledger row it looks again: covers clocks and slow inserts of other instances.',
    ),
    label_interval: timer(
      '10s',
      'Least pause between two looks for the windows that new labels belong to; longer where that takes long.',
    ),
    idle: timer(
      '10s',
      "How long a source is silent, at least, before windows close without waiting for it; a model's lateness counts where it is longer.",
    ),
  }),
  alerts,
  auth: section('Who may call the API.', {
    required: Type.Boolean({
      default: false,
      description: 'Ask for an API key even where none exists and only loopback is served.',
    }),
    keys: Type.Array(ApiKey, {
      default: [],
      description: 'API keys, beside those made by `tidegauge keys create`.',
    }),
  }),
  files: section('Files that model files and the API may name, such as baselines.', {
    directories: Type.Optional(
      Type.Array(path({ description: 'A directory, with everything below it.' }), {
        uniqueItems: true,
        description:
          'Directories such files must lie in. Default: the directory of model files and its parent.',
      }),
    ),
  }),
  log: section('Log lines on standard output.', {
    level: Type.Enum(['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'], {
      default: 'info',
      description: 'Least level that is written.',
    }),
    format: Type.Enum(['auto', 'json', 'pretty'], {
      default: 'auto',
      description: 'auto: pretty on a terminal, one JSON object a line elsewhere.',
    }),
  }),
  metrics: section('Prometheus metrics of the service.', {
    feature_label_limit: count(
      200,
      'Features of a model that get a label value of their own; the others count as `_other`.',
      { least: 0, most: 10_000 },
    ),
  }),
})

/** The configuration as written, with every default filled in. */
export type ConfigValues = Type.Static<typeof ConfigSchema>

/** The configuration as the code uses it: frozen, names in camel case, durations in ms, paths absolute. */
export type Config = Omit<Settings<ConfigValues>, 'files'> & {
  readonly files: { readonly directories: readonly string[] }
}

type Settings<T> = T extends DurationText
  ? number
  : T extends SecretText
    ? Secret
    : T extends PathText
      ? string
      : T extends readonly (infer Item)[]
        ? readonly Settings<Item>[]
        : T extends object
          ? { readonly [Key in keyof T as SettingName<Key & string, T[Key]>]: Settings<T[Key]> }
          : T

type SettingName<Key extends string, Value> =
  NonNullable<Value> extends DurationText ? `${CamelCase<Key>}Ms` : CamelCase<Key>

type CamelCase<Name extends string> = Name extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : Name
