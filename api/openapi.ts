import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'

/** Collects every route that is registered after it into one OpenAPI 3.1 document. */
export async function addOpenApi(app: FastifyInstance, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Tidegauge',
        description:
          'Streaming monitoring and drift observability for machine-learning models. Times are ISO 8601, intervals are half-open, errors are `{ code, message, details? }`.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
        version,
      },
      servers: [{ url: '/' }],
      tags: [
        { name: 'events', description: 'Events and labels in, single events out.' },
        { name: 'models', description: 'What is monitored.' },
        { name: 'baselines', description: 'What it is compared with.' },
        { name: 'results', description: 'Windows, metrics, sliced statistics.' },
        { name: 'alerts', description: 'States, their changes and the webhooks about them.' },
        { name: 'operations', description: 'Health, the ledger, metrics of the service.' },
      ],
      components: {
        securitySchemes: {
          apiKey: {
            type: 'http',
            scheme: 'bearer',
            description: '`tgk_…`, made by `tidegauge keys create`.',
          },
        },
      },
      security: [{ apiKey: [] }],
    },
    refResolver: {
      buildLocalReference: (json, _baseUri, _fragment, index) =>
        typeof json['$id'] === 'string' ? json['$id'] : `schema-${index}`,
    },
  })
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    logo: { type: 'image/svg+xml', content: Buffer.from(logo), href: '/' },
    theme: { title: 'Tidegauge API' },
    uiConfig: { docExpansion: 'list', tryItOutEnabled: true },
  })
  app.get('/openapi.json', { config: { scope: 'read' }, schema: { hide: true } }, async () =>
    app.swagger(),
  )
}

/** A staff with its marks, and the water. */
const logo = `<svg xmlns="http://www.w3.org/2000/svg" width="220" height="48" viewBox="0 0 220 48">
<path d="M14 4v40M14 8h10M14 16h6M14 24h10M14 32h6M14 40h10" stroke="#fff" stroke-width="3" fill="none"/>
<path d="M2 30q6-6 12 0t12 0t12 0" stroke="#61affe" stroke-width="4" fill="none"/>
<text x="50" y="33" fill="#fff" font-family="sans-serif" font-size="26">Tidegauge</text></svg>`
