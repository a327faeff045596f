import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { errorResponses } from '../schemas.ts'

const links = {
  docs: '/docs',
  openapi: '/openapi.json',
  models: '/v1/models',
  alerts: '/v1/alerts',
  health: '/health/ready',
  metrics: '/metrics',
} as const

/** GET /: where things are, for people and for programs. */
export const homeRoutes: FastifyPluginAsyncTypebox<{ version: string }> = async (
  app,
  { version },
) => {
  app.get(
    '/',
    {
      config: { scope: 'read' },
      schema: {
        operationId: 'getIndex',
        tags: ['operations'],
        summary: 'Where things are',
        response: {
          200: {
            description: 'Links',
            content: {
              'application/json': {
                schema: Type.Object({
                  name: Type.String(),
                  version: Type.String(),
                  links: Type.Record(Type.String(), Type.String()),
                }),
              },
              'text/html': { schema: Type.String() },
            },
          },
          ...errorResponses,
        },
      },
    },
    async (request, reply) =>
      request.headers.accept?.includes('text/html') === true
        ? reply.type('text/html; charset=utf-8').send(page(version))
        : reply.send({ name: 'tidegauge', version, links }),
  )
}

const page = (version: string): string => `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Tidegauge</title></head>
<body>
<h1>Tidegauge ${version}</h1>
<ul>
${Object.entries(links)
  .map(([name, path]) => `<li><a href="${path}">${name}</a></li>`)
  .join('\n')}
</ul>
</body>
</html>
`
