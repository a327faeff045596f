import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Registry } from 'prom-client'
import { Type } from 'typebox'
import { errorResponses } from '../schemas.ts'

/** GET /metrics: the process's own metrics, for Prometheus. */
export const prometheusRoutes: FastifyPluginAsyncTypebox<{ registry: Registry }> = async (
  app,
  { registry },
) => {
  app.get(
    '/metrics',
    {
      config: { scope: 'read', spansModels: true },
      schema: {
        operationId: 'getPrometheusMetrics',
        tags: ['operations'],
        summary: "The process's own metrics",
        response: {
          200: {
            description: 'Prometheus text format',
            content: { 'text/plain': { schema: Type.String() } },
          },
          ...errorResponses,
        },
      },
    },
    async (_request, reply) => reply.type(registry.contentType).send(await registry.metrics()),
  )
}
