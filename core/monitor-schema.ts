import { Type } from 'typebox'
import { Learnt } from './learnt-schema.ts'
import { closed, duration, name } from './schema-fields.ts'
import { secretReferencePattern } from './secrets.ts'

/** A threshold such as `> 0.2`: an operator and a number. */
export const thresholdPattern = '^\\s*(>=|<=|>|<)\\s*(-?[0-9]+(\\.[0-9]+)?([eE][-+]?[0-9]+)?)\\s*$'
const threshold = (description: string) =>
  Type.Union(
    [
      Type.String({
        pattern: thresholdPattern,
        'x-allowed': 'an operator and a number in quotes, such as "> 0.2"',
      }),
      Type.Enum(['learnt']),
      Learnt,
    ],
    { description },
  )

/** A rule over metrics: when somebody must know. */
export const Monitor = Type.Object(
  {
    name: name('Unique in the file.'),
    metric: Type.String({
      minLength: 1,
      maxLength: 512,
      description:
        'A metric or method id, such as `psi` or `ks/exact`; `change_point` for what `sequential` finds.',
    }),
    features: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 300 }), {
        maxItems: 2000,
        uniqueItems: true,
        description:
          "Declared features, numbers computed of text and embeddings such as `comment:length`, or the event's own `prediction`, `score`, `latency_ms`, `label`, or `prediction=<class>` for one predicted class. Default: every feature the metric applies to.",
      }),
    ),
    slices: Type.Optional(
      Type.Array(Type.String({ maxLength: 2048 }), {
        maxItems: 200,
        uniqueItems: true,
        description:
          'Slices such as `origin=ATL` or `origin=ATL,destination=BOS` (`%`, `,` and `=` in a value percent-encoded), `""` for the whole model, or `"*"` for every slice. Default: the whole model.',
      }),
    ),
    baseline: Type.Optional(name('Name of a baseline. Default: the first declared.')),
    window: Type.Optional(
      duration('Width of the judged windows, a multiple of the base window. Default: that.'),
    ),
    warn: Type.Optional(threshold('When it warns: a limit, or `learnt`, what is unusual.')),
    critical: Type.Optional(threshold('When it is critical: a limit, or `learnt`.')),
    min_samples: Type.Optional(
      Type.Integer({
        minimum: 1,
        description:
          'Windows with fewer events are not judged. Default: `min_samples` of the model.',
      }),
    ),
    for: Type.Optional(
      Type.String({
        pattern: '^[1-9][0-9]? of [1-9][0-9]?$',
        'x-allowed': 'k of n windows, such as "2 of 3"',
        description: 'How many of the last judged windows must breach. Default: `1 of 1`.',
      }),
    ),
    alpha: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        maximum: 1,
        description:
          'Greatest adjusted p-value of a breach, where the metric has one. Default: what `false_alarms` of the model leaves, else 0.05.',
      }),
    ),
    actions: Type.Optional(
      Type.Array(name('Name of an action.'), {
        maxItems: 20,
        uniqueItems: true,
        description: 'What is triggered.',
      }),
    ),
  },
  closed,
)

/** What a monitor triggers. */
export const Action = Type.Object(
  {
    preset: Type.Enum(['webhook'], {
      description: 'What receives the call. webhook: Standard Webhooks, any receiver.',
    }),
    url: Type.String({
      minLength: 1,
      maxLength: 2048,
      'x-allowed': 'an http or https URL',
      description: 'Where the call goes, http or https.',
    }),
    secret: Type.Optional(
      Type.String({
        pattern: secretReferencePattern,
        'x-kind': 'secret',
        'x-allowed':
          'a reference such as ${env:WEBHOOK_SECRET} or file:/run/secrets/hook, never the secret itself',
        description:
          'Signs the call: a reference such as `${env:WEBHOOK_SECRET}` or `file:/run/secrets/hook`. Model files are stored and shown, so the secret itself must not stand here.',
      }),
    ),
    cooldown: Type.Optional(
      duration('Least time between two firing calls of this action for the model.'),
    ),
    not_after: Type.Optional(duration('How old a transition may be when its call is sent.')),
    timeout: Type.Optional(
      duration('Deadline of one attempt. Default: `alerts.timeout` of the service.'),
    ),
  },
  closed,
)
