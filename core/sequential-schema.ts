import { Type } from 'typebox'
import { closed, duration, name, named, namePattern } from './schema-fields.ts'

/** A sequential detector that follows a metric from window to window, or errors from event to event. */
export const Sequential = Type.Object(
  {
    metric: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 128,
        description:
          'The metric or method id whose values are followed, such as `missing_rate`. Either this or `stream`.',
      }),
    ),
    stream: Type.Optional(
      Type.Enum(['errors'], {
        description:
          'What is followed event by event instead. errors: of each prediction with a label, in the order of events, 1 for a wrong class and 0 for the right one; for regression how far it was off.',
      }),
    ),
    method: Type.String({
      minLength: 1,
      maxLength: 128,
      description:
        'A sequential detector, such as `cusum` or `page-hinkley/clamped`: docs/reference/sequential-detectors.md.',
    }),
    window: Type.Optional(
      duration('Width of the windows followed, a multiple of the base window. Default: that.'),
    ),
    parameters: Type.Optional(
      Type.Record(
        Type.String({ pattern: namePattern }),
        Type.Union([Type.Number(), Type.String({ maxLength: 128 })]),
        { ...named, description: "The method's parameters, by name. Default: its own." },
      ),
    ),
    features: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 300 }), {
        maxItems: 2000,
        uniqueItems: true,
        description: 'As of a monitor. Default: every feature the metric applies to.',
      }),
    ),
    slices: Type.Optional(
      Type.Array(Type.String({ maxLength: 2048 }), {
        maxItems: 200,
        uniqueItems: true,
        description: 'As of a monitor. Default: the whole model.',
      }),
    ),
    baseline: Type.Optional(name('Name of a baseline. Default: the first declared.')),
  },
  closed,
)

export type SequentialSpec = Type.Static<typeof Sequential>
