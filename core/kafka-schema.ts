import { Type } from 'typebox'
import {
  bytes,
  count,
  duration,
  list,
  mapping,
  path,
  section,
  secretReference,
  timer,
} from './config-fields.ts'

const clusterNamePattern = '^[A-Za-z0-9_-]{1,64}$'
const clusterNameText = 'up to 64 letters, digits, _ and -'

/** How a client proves who it is: mechanisms as Kafka names them, in lower case. */
export const saslMechanisms = ['plain', 'scram-sha-256', 'scram-sha-512', 'oauthbearer'] as const

const text = (description: string) => Type.String({ minLength: 1, maxLength: 1024, description })

const Tls = section(
  'TLS to the brokers. An empty mapping, `tls: {}`, trusts the public authorities.',
  {
    ca: Type.Optional(path({ description: 'Certificates of the authorities to trust, PEM.' })),
    cert: Type.Optional(path({ description: 'Certificate of this client, PEM. Needs `key`.' })),
    key: Type.Optional(path({ description: 'Private key of this client, PEM.' })),
    servername: Type.Optional(
      text('Name that the certificates of the brokers must be for. Default: the host name.'),
    ),
    reject_unauthorized: Type.Boolean({
      default: true,
      description: 'false accepts any certificate: for a test, never for production.',
    }),
  },
)

const Sasl = section(
  'How this client proves who it is. Without `tls` passwords cross the network in the clear.',
  {
    mechanism: Type.Enum([...saslMechanisms], { description: 'SASL mechanism.' }),
    username: Type.Optional(text('plain and scram: the user.')),
    password: Type.Optional(
      secretReference('plain and scram: the password, looked up at each use.'),
    ),
    token: Type.Optional(
      secretReference(
        'oauthbearer: a token that something else renews, read again for each connection.',
      ),
    ),
    token_url: Type.Optional(
      Type.String({
        pattern: '^https?://[^@\\s]+$',
        'x-allowed': 'an http or https URL',
        description: 'oauthbearer: where tokens are issued for client credentials (RFC 6749, 4.4).',
      }),
    ),
    client_id: Type.Optional(text('oauthbearer with `token_url`: the client.')),
    client_secret: Type.Optional(secretReference('oauthbearer with `token_url`: its secret.')),
    scope: Type.Optional(text('oauthbearer with `token_url`: the scope to ask for.')),
  },
)

const Cluster = section('One Kafka cluster.', {
  brokers: Type.Array(
    Type.String({
      pattern: '^[^\\s:/@]+:[0-9]{1,5}$|^\\[[0-9A-Fa-f:.]+\\]:[0-9]{1,5}$',
      'x-allowed': 'host:port',
    }),
    { minItems: 1, maxItems: 100, description: 'Brokers to ask first, as `host:port`.' },
  ),
  client_id: Type.String({
    minLength: 1,
    maxLength: 249,
    default: 'tidegauge',
    description: 'Name of this client in the logs and quotas of the brokers.',
  }),
  group: Type.String({
    minLength: 1,
    maxLength: 249,
    default: 'tidegauge',
    description: 'Consumer group. All ingest instances of one service share it.',
  }),
  tls: Type.Optional(Tls),
  sasl: Type.Optional(Sasl),
  session_timeout: timer('45s', 'How long the group waits for a sign of life of a member.'),
  heartbeat_interval: timer(
    '3s',
    'Pause between two signs of life; less than a third of the session timeout.',
  ),
  rebalance_timeout: timer(
    '60s',
    'How long the group waits for members while partitions are shared out anew.',
  ),
  max_bytes_per_partition: bytes(1024 ** 2, 'Most that one fetch takes of a partition, as sent.'),
  max_bytes: bytes(8 * 1024 ** 2, 'Most that one fetch takes of a broker, as sent.'),
  fetch_wait: timer('100ms', 'How long a broker may hold back a fetch that has nothing to answer.'),
  batch_limit_bytes: bytes(
    64 * 1024 ** 2,
    'Greatest batch of a producer once unpacked. A partition stops at a batch beyond it.',
  ),
  buffer_bytes: bytes(
    64 * 1024 ** 2,
    'Messages fetched and not yet stored, over all partitions; beyond it partitions are paused.',
  ),
  slice_rows: count(10_000, 'Most messages of a partition that are handed on at once.', {
    most: 100_000,
  }),
  slice_bytes: bytes(4 * 1024 ** 2, 'Most bytes of messages that are handed on at once.'),
  concurrency: count(
    32,
    'Slices that may be on their way to the store at once, eight of a partition.',
    { most: 256 },
  ),
})

const Source = section('Topics to read.', {
  cluster: Type.String({
    pattern: clusterNamePattern,
    'x-allowed': clusterNameText,
    description: 'Name of the cluster under `kafka.clusters`.',
  }),
  topic: Type.Optional(
    Type.String({
      pattern: '^[A-Za-z0-9._-]{1,249}$',
      'x-allowed': 'a topic: up to 249 letters, digits, dots, _ and -',
      description: 'One topic. It need not exist yet. Either this or `pattern`.',
    }),
  ),
  pattern: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 512,
      'x-allowed': 'a regular expression',
      description:
        'Topics whose whole name matches this regular expression (JavaScript). Names that begin with two underscores belong to Kafka and never match.',
    }),
  ),
  decoding: Type.String({
    minLength: 1,
    maxLength: 128,
    default: 'auto',
    description: 'How messages are read: a wire format or a name under `decodings`.',
  }),
  backfill: Type.Boolean({
    default: false,
    description: 'The topic holds history: events may be older than `ingest.limits.past`.',
  }),
  start: Type.Enum(['earliest', 'latest'], {
    default: 'earliest',
    description:
      'Where a topic begins that neither the group nor the ledger knows. Topics and partitions that appear later begin at their first message.',
  }),
})

/** The section `kafka` of the configuration. */
export const kafka = section('Events from Kafka topics.', {
  clusters: mapping(clusterNamePattern, Cluster, 'The clusters, by name.'),
  sources: list(Source, [], 'What is read. Of a topic that matches twice the first entry counts.'),
  batch_wait: timer(
    '500ms',
    'How long the first message of a batch waits for others. Nobody waits for an answer here, and large batches cost the store less.',
  ),
  topics_refresh: duration('60s', 'How often new topics and partitions are looked for.', '1h'),
  dead_letters: Type.Optional(
    section('A topic that every dead letter is copied to. Left out: none.', {
      cluster: Type.String({
        pattern: clusterNamePattern,
        'x-allowed': clusterNameText,
        description: 'Name of its cluster under `kafka.clusters`.',
      }),
      topic: Type.String({
        pattern: '^[A-Za-z0-9._-]{1,249}$',
        'x-allowed': 'a topic: up to 249 letters, digits, dots, _ and -',
        description: 'The topic. It is not made: it must exist.',
      }),
    }),
  ),
})
