import { Type } from 'typebox'
import { rawBody } from './validation.ts'

const Event = Type.Object(
  {
    model: Type.String({ description: 'Model the event belongs to.' }),
    id: Type.Optional(
      Type.String({
        description:
          'Key of the event: the same id again replaces it. Default: `<Idempotency-Key>#<index>`, else a UUIDv7.',
      }),
    ),
    ts: Type.Optional(
      Type.Union([Type.String({ format: 'date-time' }), Type.Integer()], {
        description: 'ISO 8601 with zone, or epoch milliseconds. Default: the time of receipt.',
      }),
    ),
    version: Type.Optional(Type.String()),
    variant: Type.Optional(Type.String({ description: 'live, shadow, canary …; default live.' })),
    features: Type.Optional(
      Type.Unsafe<Record<string, unknown>>({
        type: 'object',
        additionalProperties: {
          type: ['number', 'string', 'boolean', 'null', 'array'],
          items: { type: 'number' },
          description: 'A list of numbers is an embedding.',
        },
      }),
    ),
    prediction: Type.Optional(Type.Unsafe<unknown>({ type: ['string', 'number', 'null'] })),
    score: Type.Optional(
      Type.Unsafe<unknown>({
        type: ['number', 'object', 'null'],
        description: 'Probability of the positive class, or one a class.',
      }),
    ),
    latency_ms: Type.Optional(Type.Number()),
    tags: Type.Optional(Type.Record(Type.String(), Type.String())),
    error: Type.Optional(Type.Unsafe<unknown>({ type: ['string', 'null'] })),
  },
  { title: 'Event', description: 'One prediction with its features, or one software sample.' },
)

const Label = Type.Object(
  {
    type: Type.Literal('label'),
    model: Type.String(),
    id: Type.String({ description: 'Id of the event that this is the truth of.' }),
    label: Type.Unsafe<unknown>({ type: ['string', 'number', 'boolean'] }),
    ts: Type.Optional(Type.Unsafe<unknown>({ type: ['string', 'integer'] })),
  },
  { title: 'Label' },
)

const lines = {
  schema: Type.String({ description: 'One JSON event or label a line.', ...rawBody }),
}

/** What the route takes, for the OpenAPI document: the intake itself reads the bytes. */
export const EventsBody = {
  content: {
    'application/x-ndjson': lines,
    'application/ndjson': lines,
    'text/plain': lines,
    'application/json': {
      schema: Type.Union(
        [Event, Label, Type.Array(Type.Union([Event, Label]), { title: 'Events and labels' })],
        rawBody,
      ),
    },
  },
}
