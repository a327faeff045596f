import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { SlicedQuerySchema } from '../../core/sliced-query-language.ts'
import { csv, csvType, wantsCsv } from '../csv.ts'
import type { SlicedQuery } from '../ports.ts'
import { errorResponses, FreeObject, ModelParams } from '../schemas.ts'
import { rawBody } from '../validation.ts'

const Answer = Type.Object({
  columns: Type.Array(Type.Object({ name: Type.String(), type: Type.String() })),
  rows: Type.Unsafe<readonly (readonly unknown[])[]>({
    type: 'array',
    items: { type: 'array', items: {} },
    description: 'One array a row, cells in the order of `columns`.',
  }),
  truncated: Type.Boolean({ description: 'There was more than the limit.' }),
  statistics: Type.Optional(FreeObject),
})

interface Deps {
  readonly slicedQuery: SlicedQuery
  readonly requireModel: (model: string) => void
}

/** POST /v1/models/:model/query: statistics of any slice of a model's events. */
export const slicedQueryRoutes: FastifyPluginAsyncTypebox<Deps> = async (
  app,
  { slicedQuery, requireModel },
) => {
  app.post(
    '/v1/models/:model/query',
    {
      config: { scope: 'read' },
      schema: {
        operationId: 'querySlices',
        tags: ['results'],
        summary: 'Ask about any slice of the events',
        description: 'A closed JSON language: see docs/reference/query.md. CSV on Accept.',
        params: ModelParams,
        // The port validates, since what is allowed depends on the model.
        body: Type.Unsafe<unknown>({ ...SlicedQuerySchema, ...rawBody }),
        response: {
          200: {
            description: 'The result',
            content: {
              'application/json': { schema: Answer },
              'text/csv': { schema: Type.String() },
            },
          },
          ...errorResponses,
        },
      },
    },
    async (request, reply) => {
      requireModel(request.params.model)
      const answer = await slicedQuery.run(request.params.model, request.body)
      if (!wantsCsv(request)) return reply.send({ ...answer, columns: [...answer.columns] })
      reply.header('x-truncated', String(answer.truncated))
      const names = answer.columns.map(({ name }) => name)
      return reply.type(csvType).send(csv(names, answer.rows))
    },
  )
}
