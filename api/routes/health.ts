import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { AppDeps } from '../ports.ts'
import { errorResponses } from '../schemas.ts'

const Readiness = Type.Object({
  ready: Type.Boolean(),
  checks: Type.Record(Type.String(), Type.Object({ ok: Type.Boolean(), detail: Type.String() })),
})

const ReadinessQuery = Type.Object(
  {
    maxStalenessSeconds: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 31_536_000,
        description: 'Not ready either when the newest event is older than this.',
      }),
    ),
    maxLagRecords: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: Number.MAX_SAFE_INTEGER,
        description:
          'Not ready either when more Kafka messages than this wait in the partitions of this process.',
      }),
    ),
  },
  { additionalProperties: false },
)

type Deps = Pick<AppDeps, 'readiness' | 'version'>

/** /health/live and /health/ready: for probes, so neither asks for a key. */
export const healthRoutes: FastifyPluginAsyncTypebox<Deps> = async (
  app,
  { readiness, version },
) => {
  app.get(
    '/health/live',
    {
      config: { scope: 'public', rateLimit: false },
      schema: {
        operationId: 'getLiveness',
        tags: ['operations'],
        summary: 'Is the process alive',
        security: [],
        response: {
          200: Type.Object({ status: Type.Literal('ok'), version: Type.String() }),
          ...errorResponses,
        },
      },
    },
    async () => ({ status: 'ok' as const, version }),
  )

  app.get(
    '/health/ready',
    {
      config: { scope: 'public' },
      schema: {
        operationId: 'getReadiness',
        tags: ['operations'],
        summary: 'Can it do its work',
        security: [],
        querystring: ReadinessQuery,
        response: { 200: Readiness, ...errorResponses, 503: Readiness },
      },
    },
    async ({ query }, reply) => {
      const answer = await readiness({
        maxStalenessSeconds: query.maxStalenessSeconds ?? null,
        maxLagRecords: query.maxLagRecords ?? null,
      })
      return reply
        .code(answer.ready ? 200 : 503)
        .send({ ready: answer.ready, checks: { ...answer.checks } })
    },
  )
}
