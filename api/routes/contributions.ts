import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { AppError } from '../../core/errors.ts'
import type { Contributions } from '../ports.ts'
import { errorResponses, ModelParams, NullableNumber, Text, Time } from '../schemas.ts'

const closed = { additionalProperties: false } as const

const Bin = Type.Object({
  name: Type.Unsafe<object>({
    type: 'object',
    additionalProperties: true,
    description:
      'kind: range (with from and to, null where open), category (with category), other, unseen, type_mismatch, invalid or missing.',
  }),
  label: Type.String({ description: 'For people; edges are rounded.' }),
  reference_share: Type.Number(),
  current_share: Type.Number(),
  change: Type.Number({ description: 'Current less reference share.' }),
  contribution: Type.Number({ description: 'Term of the statistic, not negative.' }),
  share: Type.Number({ description: 'Of all terms together: 0 … 1.' }),
})

const Ranked = Type.Object({
  rank: Type.Integer(),
  feature: Type.String(),
  slice: Type.String(),
  value: NullableNumber,
  effect: Type.Number(),
  p_value: NullableNumber,
  p_adjusted: NullableNumber,
  noise_floor: NullableNumber,
  share: Type.Number({ description: 'Of the sum of all significant effects: 0 … 1.' }),
  significant: Type.Boolean({ description: 'The adjusted p-value is at most 0.05.' }),
  n_reference: Type.Integer(),
  n_current: Type.Integer(),
})

const Answer = Type.Object({
  model: Type.String(),
  metric: Type.String(),
  window: Type.String(),
  window_start: Time,
  window_end: Time,
  baseline: Type.String(),
  version: Type.String(),
  variant: Type.String(),
  feature: Type.Optional(Type.String()),
  slice: Type.Optional(Type.String()),
  n_reference: Type.Optional(Type.Integer()),
  n_current: Type.Optional(Type.Integer()),
  bins: Type.Optional(Type.Array(Bin, { description: 'With `feature`: the greatest part first.' })),
  method: Type.Optional(Type.String()),
  ranking: Type.Optional(
    Type.Array(Ranked, { description: 'Without `feature`: significant ones first.' }),
  ),
  ranking_total: Type.Optional(Type.Integer({ description: 'Features and slices compared.' })),
  not_judged: Type.Optional(
    Type.Integer({ description: 'Features and slices with too little data to be compared.' }),
  ),
})

const schema = {
  operationId: 'getContributions',
  tags: ['results'],
  summary: 'Which bins of which feature in which slice make a drift',
  description:
    'With `feature`: its bins by their term of the statistic, from stored profiles. Without: features and slices of the window, ranked by effect, from stored metrics.',
  params: ModelParams,
  querystring: Type.Object(
    {
      metric: Type.Optional(Type.Enum(['psi', 'js', 'linf'], { description: 'Default: psi.' })),
      feature: Type.Optional(Text),
      slice: Type.Optional(
        Type.String({
          maxLength: 4096,
          description:
            'With `feature` the whole model by default; without, absent ranks all slices.',
        }),
      ),
      window: Type.Optional(
        Type.String({ maxLength: 16, description: 'Width. Default: the base window.' }),
      ),
      window_start: Type.Optional(
        Type.String({
          format: 'date-time',
          description:
            'Any time in the window. Default: the newest that has `min_samples` events, else the newest.',
        }),
      ),
      baseline: Type.Optional(
        Type.String({ maxLength: 128, description: 'Default: the first of the model.' }),
      ),
      version: Type.Optional(
        Type.String({
          maxLength: 1024,
          description: 'Default of version and variant: of those in the window the greatest.',
        }),
      ),
      variant: Type.Optional(Text),
      bins: Type.Optional(
        Type.Enum(['scored', 'fine'], {
          description:
            'Of numbers: the about ten bins that psi and js score (default), or the up to 64 there are.',
        }),
      ),
      limit: Type.Optional(
        Type.Integer({ minimum: 1, maximum: 1000, default: 100, description: 'Of the ranking.' }),
      ),
    },
    closed,
  ),
  response: { 200: Answer, ...errorResponses },
}

/** GET /v1/models/:model/contributions: what a drift is made of. */
export const contributionRoutes: FastifyPluginAsyncTypebox<{
  contributions: Contributions
  requireModel: (model: string) => void
}> = async (app, { contributions, requireModel }) => {
  app.get(
    '/v1/models/:model/contributions',
    { config: { scope: 'read' }, schema },
    async ({ params: { model }, query }) => {
      requireModel(model)
      const { feature, bins, limit = 100, metric = 'psi', window_start, ...filter } = query
      const ask = { ...filter, metric, ...startOf(window_start) }
      if (feature === undefined) {
        const answer = await contributions.ranking(model, { ...ask, limit })
        return { ...answer, ranking: [...answer.ranking] }
      }
      const answer = await contributions.bins(model, { ...ask, feature, fine: bins === 'fine' })
      return { ...answer, bins: [...answer.bins] }
    },
  )
}

function startOf(text: string | undefined): { windowStart?: Date } {
  if (text === undefined) return {}
  const windowStart = new Date(text)
  // A leap second is valid in the format and in no Date.
  if (Number.isNaN(windowStart.getTime()))
    throw new AppError('REQUEST_INVALID', 'window_start is not a time that exists')
  return { windowStart }
}
