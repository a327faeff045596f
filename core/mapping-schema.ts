import { Type } from 'typebox'
import { section } from './config-fields.ts'

/**
 * A JSON Pointer (RFC 6901) from the top of the message, or one that starts with the name of a row:
 * `/payload/amount`, `instance/age`. The empty text is the whole message.
 */
export const pointerPattern = '^([A-Za-z_][A-Za-z0-9_]{0,63})?(/([^/~]|~[01])*)*$'

const pointer = (description: string) =>
  Type.String({
    pattern: pointerPattern,
    maxLength: 512,
    'x-allowed': 'a JSON Pointer such as /payload/amount, or one that starts at a row, item/amount',
    description,
  })

const constant = Type.Object(
  {
    value: Type.String({
      minLength: 1,
      maxLength: 256,
      'x-allowed': 'text in quotes of up to 256 characters',
      description: 'The same text for every message.',
    }),
  },
  { additionalProperties: false },
)

const text = (description: string) =>
  Type.Union([pointer('Where it stands.'), constant], { description })

/** How a number is to be read as a time or a span of time. */
export const timeUnits = ['s', 'ms', 'us', 'ns'] as const
export type TimeUnit = (typeof timeUnits)[number]

const measured = (description: string) =>
  Type.Union(
    [
      pointer('Where it stands; a number is in milliseconds.'),
      Type.Object(
        {
          pointer: pointer('Where it stands.'),
          unit: Type.Enum([...timeUnits], { description: 'What a number counts.' }),
        },
        { additionalProperties: false },
      ),
    ],
    { description },
  )

const starNames = '^([\\p{L}\\p{N}_.:\\-/ ]{0,127}\\*|[\\p{L}\\p{N}_.:\\-/ ]{1,128})$'

const named = <T extends ReturnType<typeof pointer> | ReturnType<typeof text>>(
  values: T,
  description: string,
) =>
  Type.Unsafe<Record<string, Type.Static<T>>>({
    type: 'object',
    patternProperties: { [starNames]: values },
    additionalProperties: false,
    'x-allowed-names': 'a name, `*` for all members of an object, or a prefix and `*`',
    description,
  })

const Scalar = Type.Union([Type.String({ maxLength: 256 }), Type.Number(), Type.Boolean()])

const When = section('Only messages of which this holds are read; the others are skipped.', {
  pointer: pointer('Where to look.'),
  equals: Type.Union([Scalar, Type.Array(Scalar, { minItems: 1, maxItems: 100 })], {
    'x-allowed': 'a text, a number, true or false, or a list of them',
    description: 'What must stand there, or a list of what may.',
  }),
})

const rowPattern = '^[A-Za-z_][A-Za-z0-9_]{0,63}$'
const Rows = Type.Unsafe<Record<string, string>>({
  type: 'object',
  patternProperties: { [rowPattern]: pointer('Where the list stands.') },
  additionalProperties: false,
  'x-allowed-names': 'up to 64 letters, digits and underscores, not starting with a digit',
  description:
    'Lists whose entries are an event each: a name for the entry → where the list stands. Several lists go side by side and must be of one length.',
})

const Label = section('The ground truth, where a message brings it.', {
  id: pointer('Id of the event it is the truth of.'),
  label: pointer('The truth; a message without it brings no label.'),
  ts: Type.Optional(measured('When it became known. Default: when the message was sent.')),
})

/** From any JSON object to native events and labels. */
export const MappingSchema = section('From messages of any shape to events and labels.', {
  when: Type.Optional(When),
  parse: Type.Optional(
    Type.Array(pointer('Where the text stands.'), {
      maxItems: 50,
      uniqueItems: true,
      description: 'Texts that hold JSON themselves: they are read before anything else.',
    }),
  ),
  rows: Type.Optional(Rows),
  model: Type.Optional(text('The model.')),
  version: Type.Optional(text('The version of the model.')),
  variant: Type.Optional(text('The variant.')),
  id: Type.Optional(
    pointer(
      'The id. Where one message brings several events, `#` and the number of the row follow it.',
    ),
  ),
  ts: Type.Optional(
    measured('The time: ISO 8601, or a number. Default: when the message was sent.'),
  ),
  features: Type.Optional(
    named(
      pointer('Where the value stands.'),
      'Features: name → where the value stands. Under `*`, all members of the object there; under a name that ends in `*`, with what precedes it put before their names.',
    ),
  ),
  prediction: Type.Optional(
    pointer('The prediction. Default, where `score` is a list or an object: its greatest class.'),
  ),
  score: Type.Optional(
    pointer('The score: a number, an object of class → probability, or a list of probabilities.'),
  ),
  classes: Type.Optional(
    pointer('The names of the classes, where `score` is a list. Default: `outputs.classes`.'),
  ),
  latency_ms: Type.Optional(measured('How long the model took.')),
  tags: Type.Optional(named(text('The value.'), 'Tags, in the way of `features`.')),
  error: Type.Optional(pointer('Why the model failed.')),
  label: Type.Optional(Label),
})
