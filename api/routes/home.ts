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

const descriptions: Readonly<Record<keyof typeof links, string>> = {
  docs: 'The API, to read and to try',
  openapi: 'The same as an OpenAPI 3.1 document',
  models: 'What is monitored',
  alerts: 'What is wrong right now',
  health: 'Whether this process is ready',
  metrics: 'Metrics for Prometheus',
}

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
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Tidegauge</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 40rem; margin: 3rem auto; padding: 0 1rem; color: #1b2733 }
h1 { font-weight: 600 } small { color: #5b6b7a; font-weight: 400 }
dt { font-weight: 600; margin-top: .75rem } dd { margin: 0; color: #5b6b7a } a { color: #0b62a4 }
</style>
</head>
<body>
<h1>Tidegauge <small>${version}</small></h1>
<dl>
${Object.entries(links)
  .map(
    ([name, path]) =>
      `<dt><a href="${path}">${name}</a></dt><dd>${descriptions[name as keyof typeof links]}</dd>`,
  )
  .join('\n')}
</dl>
</body>
</html>
`
