import { Type } from 'typebox'
import { list, mapping, path, section, timer, type SecretText } from './config-fields.ts'
import { MappingSchema } from './mapping-schema.ts'

/** The formats that a decoding may be of; those of `plainFormats` work without being configured. */
export const plainFormats = [
  'auto',
  'native',
  'cloudevents',
  'kserve',
  'azure-ml',
  'seldon-v1',
  'seldon-v2',
  'sagemaker',
  'mlflow',
  'bentoml',
] as const
export const formats = [...plainFormats, 'confluent', 'mapping'] as const
export type Format = (typeof formats)[number]

const namePattern = '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'
const nameText = 'up to 64 letters, digits, dots, underscores and dashes'

const text = (description: string) =>
  Type.Optional(Type.String({ minLength: 1, maxLength: 128, description }))

const Column = Type.String({ minLength: 1, maxLength: 128 })

const Decoding = section('A way to read messages.', {
  format: Type.Enum([...formats], {
    description: 'The wire format. `auto` tells it by headers and shape.',
  }),
  model: text('The model of all messages, whatever they say.'),
  version: text('The version of all messages, whatever they say.'),
  variant: text('The variant of all messages, whatever they say.'),
  features: list(Column, [], 'Names of the columns that payloads leave unnamed, in their order.'),
  outputs: section('Which outputs of a model mean what.', {
    prediction: text('The output that is the prediction. Default: told by names and values.'),
    score: text('The output that is the score. Default: told by names and values.'),
    classes: list(
      Column,
      [],
      'Names of the classes, in the order of a list of scores. Default: `0`, `1` …',
    ),
  }),
  halves: Type.Enum(['both', 'requests', 'responses'], {
    default: 'both',
    description:
      'What the serving system logs, where requests and responses are messages of their own: the other half is not waited for.',
  }),
  time_zone: text(
    'Zone of times that name none: an offset such as `+02:00`, or a name such as `Europe/Berlin`. Default: such times are refused.',
  ),
  registry: text('The schema registry, of `registries`, that knows the schemas of the messages.'),
  mapping: Type.Optional(MappingSchema),
})

/** `decodings`: how messages become events. */
export const decodings = Type.Unsafe<Record<string, Type.Static<typeof Decoding>>>({
  ...mapping(
    namePattern,
    Decoding,
    'Ways to read messages, by the name that sources, uploads and `tidegauge ingest --decoding` choose them by. A name of a format stands for that format with nothing configured, unless it is given here.',
  ),
  'x-allowed-names': nameText,
})

const secret = (description: string) =>
  Type.Optional(
    Type.Unsafe<SecretText>(
      Type.String({
        minLength: 1,
        'x-kind': 'secret',
        'x-allowed': 'a secret or a reference such as ${env:NAME} or file:/path',
        description,
      }),
    ),
  )

const Registry = section('A schema registry with the interface of Confluent.', {
  url: Type.String({
    pattern: '^https?://[^@\\s?#]+$',
    'x-allowed': 'a URL such as https://registry:8081, without user name and password',
    description: 'Where it answers; `/schemas/ids/…` is added.',
  }),
  username: text('User name, or API key.'),
  password: secret(
    'Password, or API secret: better a reference such as `${env:REGISTRY_PASSWORD}`.',
  ),
  token: secret('Bearer token, in place of user name and password.'),
  timeout: timer('5s', 'Deadline of one answer. One that does not come holds up its messages.'),
  ca: Type.Optional(
    path({ description: 'PEM file of certificates to trust instead of the usual.' }),
  ),
})

/** `registries`: where the schemas of messages are. */
export const registries = Type.Unsafe<Record<string, Type.Static<typeof Registry>>>({
  ...mapping(
    namePattern,
    Registry,
    'Schema registries, by the name that decodings choose them by.',
  ),
  'x-allowed-names': nameText,
})
