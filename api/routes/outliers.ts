import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { AppError } from '../../core/errors.ts'
import { decodeCursor, pageAnswer } from '../paging.ts'
import type { Models, Outliers } from '../ports.ts'
import {
  errorResponses,
  FreeObject,
  ModelParams,
  NullableNumber,
  NullableText,
  NullableTime,
  PageOf,
  pageQuery,
  rangeQuery,
  Text,
  Time,
  timeRange,
} from '../schemas.ts'

const closed = { additionalProperties: false } as const

const Outlier = Type.Object({
  id: Type.String(),
  ts: Time,
  version: Type.String(),
  variant: Type.String(),
  prediction: Type.Unsafe<string | number | null>({ type: ['string', 'number', 'null'] }),
  score: NullableNumber,
  outlier_score: Type.Number({ description: 'Share of the baseline that is less strange.' }),
  outlier_revision: Type.Integer({ description: 'Which fit of the outlier model scored it.' }),
  features: Type.Array(
    Type.Object({
      feature: Type.String(),
      share: Type.Number({ description: 'Of what makes the event strange, all features: 1.' }),
      value: Type.Unsafe<unknown>({ type: ['string', 'number', 'null'] }),
    }),
    { description: 'What makes it strange, greatest share first, five at most.' },
  ),
  tags: FreeObject,
  label: NullableText,
  labelled_at: NullableTime,
})

const listOutliersSchema = {
  operationId: 'listOutliers',
  tags: ['results'],
  summary: 'Strange events, newest first: a queue to review',
  description:
    'Review one by sending its label to `POST /v1/events`, as any label: `{"type":"label","model":…,"id":…,"label":…}`. `reviewed=false` leaves out what has one.',
  params: ModelParams,
  querystring: Type.Object(
    {
      min_score: Type.Optional(
        Type.Number({
          minimum: 0,
          maximum: 1,
          description: 'Least score. Default: the threshold of the model.',
        }),
      ),
      version: Type.Optional(Text),
      variant: Type.Optional(Text),
      feature: Type.Optional(
        Type.String({ maxLength: 128, description: 'Only events that it makes strange.' }),
      ),
      reviewed: Type.Optional(
        Type.Boolean({ description: 'Only events with a label, or only those without one.' }),
      ),
      ...rangeQuery,
      ...pageQuery,
    },
    closed,
  ),
  response: { 200: PageOf(Outlier), ...errorResponses },
}

/** GET /v1/models/:model/outliers: events whose score says that somebody should look at them. */
export const outlierRoutes: FastifyPluginAsyncTypebox<{
  outliers: Outliers
  models: Pick<Models, 'get'>
  requireModel: (model: string) => void
}> = async (app, { outliers, models, requireModel }) => {
  app.get(
    '/v1/models/:model/outliers',
    { config: { scope: 'read' }, schema: listOutliersSchema },
    async ({ params: { model }, query }) => {
      requireModel(model)
      const { limit = 1000, cursor, min_score, from, to, ...filter } = query
      const scoring = models.get(model)?.spec.outliers ?? null
      if (scoring === null && filter.feature !== undefined) throw notScored(model)
      const range = timeRange({ ...(from && { from }), ...(to && { to }) })
      const after = decodeCursor(cursor, ['number', 'string'])
      const minScore = min_score ?? scoring?.threshold ?? 1
      const page = await outliers.list({ ...filter, ...range, model, minScore }, { limit, after })
      const { rows, next_cursor } = pageAnswer(page)
      return {
        rows: rows.map((row) => ({ ...row, features: [...row.features] })),
        next_cursor,
      }
    },
  )
}

/** Its table need not have the column that the filter reads. */
const notScored = (model: string): AppError =>
  new AppError(
    'REQUEST_INVALID',
    `model "${model}" does not score outliers: leave out \`feature\`, or declare \`outliers\` in its model file`,
  )
