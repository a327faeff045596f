import { decimal } from './avro-logical.ts'

type Fields = Readonly<Record<string, unknown>>

/**
 * What a message of a well-known type means; of any other, the message itself.
 *
 * | type                           | value                     |
 * | ------------------------------ | ------------------------- |
 * | `google.protobuf.Timestamp`    | epoch milliseconds        |
 * | `google.protobuf.Duration`     | seconds, with a fraction  |
 * | `DoubleValue` and the other wrappers | the wrapped value   |
 * | `Struct`, `Value`, `ListValue` | the JSON they stand for   |
 * | `confluent.type.Decimal`       | a number                  |
 */
export function wellKnownValue(fullName: string, message: Fields): unknown {
  const meaning = meanings.get(fullName)
  return meaning === undefined ? message : meaning(message)
}

const wrapped =
  (otherwise: unknown) =>
  (message: Fields): unknown =>
    message['value'] ?? otherwise

const seconds = ({ seconds: whole = 0, nanos = 0 }: Fields): [number, number] => [
  Number(whole),
  Number(nanos),
]

const meanings: ReadonlyMap<string, (message: Fields) => unknown> = new Map([
  [
    '.google.protobuf.Timestamp',
    (message) => {
      const [whole, nanos] = seconds(message)
      return whole * 1000 + Math.floor(nanos / 1_000_000)
    },
  ],
  [
    '.google.protobuf.Duration',
    (message) => {
      const [whole, nanos] = seconds(message)
      return whole + nanos / 1e9
    },
  ],
  ['.google.protobuf.DoubleValue', wrapped(0)],
  ['.google.protobuf.FloatValue', wrapped(0)],
  ['.google.protobuf.Int64Value', wrapped(0)],
  ['.google.protobuf.UInt64Value', wrapped(0)],
  ['.google.protobuf.Int32Value', wrapped(0)],
  ['.google.protobuf.UInt32Value', wrapped(0)],
  ['.google.protobuf.BoolValue', wrapped(false)],
  ['.google.protobuf.StringValue', wrapped('')],
  ['.google.protobuf.BytesValue', wrapped('')],
  ['.google.protobuf.Struct', ({ fields = {} }) => fields],
  ['.google.protobuf.ListValue', ({ values = [] }) => values],
  ['.google.protobuf.Value', oneOfKinds],
  [
    '.confluent.type.Decimal',
    ({ value, scale }) =>
      decimal(Buffer.from(typeof value === 'string' ? value : '', 'base64'), Number(scale ?? 0)),
  ],
])

/** The one kind that is set; null for the kind that says so and for none. */
function oneOfKinds(message: Fields): unknown {
  const [kind] = Object.entries(message)
  return kind === undefined || kind[0].startsWith('null') ? null : kind[1]
}
