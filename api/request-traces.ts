import type { FastifyInstance, FastifyRequest } from 'fastify'
import { parseTraceparent, startRequestSpan, type RequestSpan } from '../core/tracing.ts'

/**
 * A span of every request but probes and scrapes, which are not worth a trace. Log lines of a request
 * name the client's trace even where nobody collects spans.
 */
export function addRequestTraces(app: FastifyInstance): void {
  app.setChildLoggerFactory((logger, bindings, options, { headers: { traceparent } }) => {
    const at = typeof traceparent === 'string' ? parseTraceparent(traceparent) : null
    return logger.child(
      at === null ? bindings : { ...bindings, client_trace_id: at.traceId },
      options,
    )
  })
  const spans = new WeakMap<FastifyRequest, RequestSpan>()
  // With a callback, not a promise: what follows has to run within the span.
  app.addHook('onRequest', (request, _reply, done) => {
    if (/^\/(?:health|metrics)/.test(request.url)) {
      done()
      return
    }
    const span = startRequestSpan(request.method, request.headers)
    spans.set(request, span)
    span.run(done)
  })
  app.addHook('onResponse', async (request, reply) => {
    const route = request.is404 ? 'unmatched' : (request.routeOptions.url ?? 'unmatched')
    spans.get(request)?.end(route, reply.statusCode)
  })
}
