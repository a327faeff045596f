import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { metricStatuses } from '../../core/names.ts'
import type { MetricRecord } from '../../store/queries/list-metrics.ts'
import { csv, csvType, wantsCsv } from '../csv.ts'
import { decodeCursor, pageAnswer } from '../paging.ts'
import type { Results } from '../ports.ts'
import {
  errorResponses,
  ModelParams,
  NullableNumber,
  PageOf,
  pageQuery,
  rangeQuery,
  Text,
  Time,
  timeRange,
} from '../schemas.ts'

const closed = { additionalProperties: false } as const

const Window = Type.Object({
  model: Type.String(),
  window: Type.String({ description: 'Width: 5m, 1h, 1d.' }),
  window_start: Time,
  window_end: Time,
  n: Type.Integer({ description: 'Events in it.' }),
  revision: Type.Integer({ description: 'How often its content has changed.' }),
  computations: Type.Integer(),
  binning: Type.Integer(),
  computed_at: Time,
})

const metricProperties = {
  model: Type.String(),
  version: Type.String(),
  variant: Type.String(),
  window_start: Time,
  window_end: Time,
  window: Type.String(),
  slice: Type.String({ description: '"" for the whole model, else dim=value[,dim=value].' }),
  feature: Type.String(),
  metric: Type.String(),
  method: Type.String(),
  value: NullableNumber,
  p_value: NullableNumber,
  p_adjusted: NullableNumber,
  effect: NullableNumber,
  noise_floor: NullableNumber,
  n_reference: Type.Integer(),
  n_current: Type.Integer(),
  label_coverage: NullableNumber,
  baseline: Type.String(),
  status: Type.String(),
  revision: Type.Integer(),
}
const columns = Object.keys(metricProperties) as (keyof MetricRecord)[]

interface Deps {
  readonly results: Pick<Results, 'windows' | 'metrics'>
  readonly requireModel: (model: string) => void
}

const listWindowsSchema = {
  operationId: 'listWindows',
  tags: ['results'],
  summary: 'Windows that were computed, by width, in time order',
  params: ModelParams,
  querystring: Type.Object({ window: Type.Optional(Text), ...rangeQuery, ...pageQuery }, closed),
  response: { 200: PageOf(Window), ...errorResponses },
}

const listMetricsSchema = {
  operationId: 'listMetrics',
  tags: ['results'],
  summary: 'Metrics, series by series, each in time order',
  description:
    'JSON, or CSV with `Accept: text/csv` (then the next cursor is in the header X-Next-Cursor). What was retracted is left out unless `status=retracted` asks for it.',
  produces: ['application/json', 'text/csv'],
  params: ModelParams,
  querystring: Type.Object(
    {
      metric: Type.Optional(Text),
      feature: Type.Optional(Text),
      slice: Type.Optional(
        Type.String({
          maxLength: 4096,
          description: 'Absent: all slices. Empty: the whole model only.',
        }),
      ),
      window: Type.Optional(Text),
      version: Type.Optional(Text),
      variant: Type.Optional(Text),
      baseline: Type.Optional(Text),
      method: Type.Optional(Text),
      status: Type.Optional(Type.Enum([...metricStatuses])),
      ...rangeQuery,
      ...pageQuery,
    },
    closed,
  ),
  response: {
    200: {
      description: 'A page of metrics',
      content: {
        'application/json': { schema: PageOf(Type.Object(metricProperties)) },
        'text/csv': { schema: Type.String() },
      },
    },
    ...errorResponses,
  },
}

/** /v1/models/:model/windows and /metrics: what was computed. */
export const metricRoutes: FastifyPluginAsyncTypebox<Deps> = async (
  app,
  { results, requireModel },
) => {
  app.get(
    '/v1/models/:model/windows',
    { config: { scope: 'read' }, schema: listWindowsSchema },
    async ({ params: { model }, query: { limit = 1000, cursor, window, from, to } }) => {
      requireModel(model)
      const after = decodeCursor(cursor, ['string', 'number'])
      const filter = { model, ...(window !== undefined && { window }) }
      const range = timeRange({ ...(from && { from }), ...(to && { to }) })
      const page = await results.windows({ ...filter, ...range }, { limit, after })
      return pageAnswer(page)
    },
  )

  app.get(
    '/v1/models/:model/metrics',
    { config: { scope: 'read' }, schema: listMetricsSchema },
    async (request, reply) => {
      const { model } = request.params
      requireModel(model)
      const { limit = 1000, cursor, from, to, ...filter } = request.query
      const range = timeRange({ ...(from && { from }), ...(to && { to }) })
      const page = await results.metrics(
        { ...filter, ...range, model },
        { limit, after: decodeCursor(cursor, metricKeyParts) },
      )
      const answer = pageAnswer(page)
      if (!wantsCsv(request)) return reply.send(answer)
      const rows = answer.rows.map((row) => columns.map((column) => row[column]))
      // CSV has no place to say where the list goes on.
      if (answer.next_cursor !== null) reply.header('x-next-cursor', answer.next_cursor)
      return reply.type(csvType).send(csv(columns, rows))
    },
  )
}

const text = 'string'
const metricKeyParts = [text, text, text, text, text, text, text, text, 'number'] as const
