import helmet from '@fastify/helmet'
import rateLimit from '@fastify/rate-limit'
import Fastify, { LogController, type FastifyInstance } from 'fastify'
import { AppError } from '../core/errors.ts'
import { addAuthentication, rateKey } from './auth.ts'
import { answerError } from './errors.ts'
import { addOpenApi } from './openapi.ts'
import { defaultApiOptions, type ApiOptions, type AppDeps } from './ports.ts'
import { addRequestMetrics } from './request-metrics.ts'
import { addRequestTraces } from './request-traces.ts'
import { alertRoutes } from './routes/alerts.ts'
import { baselineRoutes } from './routes/baselines.ts'
import { contributionRoutes } from './routes/contributions.ts'
import { deadLetterRoutes } from './routes/dead-letters.ts'
import { deliveryRoutes } from './routes/deliveries.ts'
import { eventIntakeRoutes, eventRoutes } from './routes/events.ts'
import { healthRoutes } from './routes/health.ts'
import { homeRoutes } from './routes/home.ts'
import { ledgerRoutes } from './routes/ledger.ts'
import { metricRoutes } from './routes/metrics.ts'
import { outlierRoutes } from './routes/outliers.ts'
import { modelPutRoutes, modelRoutes } from './routes/models.ts'
import { partitionRoutes } from './routes/partitions.ts'
import { prometheusRoutes } from './routes/prometheus.ts'
import { slicedQueryRoutes } from './routes/sliced-query.ts'
import { ErrorBody } from './schemas.ts'
import { schemaCompiler } from './validation.ts'

/** Bytes of any JSON body but events and model files. */
const smallBodyBytes = 256 * 1024

/**
 * The whole HTTP service, without a socket. A request is counted, its caller identified and allowed,
 * its body read, its parts validated, and only then does a route see it; every failure on the way is
 * answered by errors.ts.
 */
export async function buildApp(deps: AppDeps): Promise<FastifyInstance> {
  const options: ApiOptions = { ...defaultApiOptions, ...deps.options }
  const app = createServer(deps, options)
  app.setValidatorCompiler(schemaCompiler())
  app.setErrorHandler(answerError)
  app.addSchema(ErrorBody)
  addRequestTraces(app)
  addRequestMetrics(app, deps.registry)
  addAuthentication(app, deps)
  await app.register(helmet, { contentSecurityPolicy, strictTransportSecurity: false })
  await app.register(rateLimit, {
    max: options.rateLimit.max === 0 ? Number.MAX_SAFE_INTEGER : options.rateLimit.max,
    timeWindow: options.rateLimit.windowMs,
    keyGenerator: rateKey,
    errorResponseBuilder: (_request, { ttl }) =>
      new AppError('RATE_LIMITED', 'too many requests with this key or from this address', {
        details: { retryAfterSeconds: Math.ceil(ttl / 1000) },
      }),
  })
  app.setNotFoundHandler({ preHandler: app.rateLimit() }, (request) => {
    throw new AppError('ROUTE_NOT_FOUND', `nothing answers ${request.method} here; see /docs`)
  })
  await addOpenApi(app, deps.version)
  addRoutes(app, deps, options)
  return app
}

function createServer(deps: AppDeps, options: ApiOptions): FastifyInstance {
  return Fastify({
    ...(deps.logger === undefined ? { logger: false } : { loggerInstance: deps.logger }),
    // One line a request would be one line an event for careless clients; metrics count them.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: smallBodyBytes,
    requestTimeout: options.requestTimeoutMs,
    handlerTimeout: options.handlerTimeoutMs,
    connectionTimeout: options.connectionTimeoutMs,
    keepAliveTimeout: options.keepAliveTimeoutMs,
    forceCloseConnections: 'idle',
    http: { headersTimeout: Math.min(options.requestTimeoutMs, 15_000), maxHeaderSize: 16_384 },
    trustProxy: options.trustProxy.length === 0 ? false : [...options.trustProxy],
    routerOptions: { maxParamLength: 512 },
    frameworkErrors: answerError,
  })
}

// Everything pages need comes from here. No upgrade to https: TLS is a proxy's matter, and browsers
// would look for scripts of a plain http service where there are none.
const contentSecurityPolicy = {
  directives: {
    defaultSrc: ["'self'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'", "'unsafe-inline'"],
    imgSrc: ["'self'", 'data:'],
    upgradeInsecureRequests: null,
  },
}

function addRoutes(app: FastifyInstance, deps: AppDeps, options: ApiOptions): void {
  const requireModel = (model: string): void => {
    if (deps.models.get(model) === undefined)
      throw new AppError('MODEL_NOT_FOUND', `no model "${model}"`)
  }
  const { audit, results } = deps
  void app.register(healthRoutes, { readiness: deps.readiness, version: deps.version })
  void app.register(prometheusRoutes, { registry: deps.registry })
  if (options.serves !== 'operations')
    void app.register(eventIntakeRoutes, { intake: deps.intake, options })
  if (options.serves !== 'everything') return
  void app.register(homeRoutes, { version: deps.version })
  void app.register(eventRoutes, { results, requireModel })
  void app.register(modelRoutes, { models: deps.models })
  void app.register(modelPutRoutes, { models: deps.models, audit })
  void app.register(baselineRoutes, { baselines: deps.baselines, audit, requireModel })
  void app.register(metricRoutes, { results, requireModel })
  void app.register(outlierRoutes, { outliers: deps.outliers, models: deps.models, requireModel })
  void app.register(contributionRoutes, { contributions: deps.contributions, requireModel })
  void app.register(slicedQueryRoutes, { slicedQuery: deps.slicedQuery, requireModel })
  void app.register(alertRoutes, { alerts: deps.alerts })
  void app.register(deliveryRoutes, { deliveries: deps.deliveries, audit })
  void app.register(deadLetterRoutes, { deadLetters: deps.deadLetters, audit })
  void app.register(partitionRoutes, { partitions: deps.partitions, audit })
  void app.register(ledgerRoutes, { ledger: deps.ledger })
}
