import {
  context,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Link,
  type SpanContext,
} from '@opentelemetry/api'
import { AppError } from './errors.ts'

// Spans go to whatever SDK was loaded before the program (`node --import`); without one, the API's own
// do-nothing takes them, and none of this costs more than a few calls.

const tracer = () => trace.getTracer('tidegauge')

export interface SpanOptions {
  readonly attributes?: Attributes
  /** What came together in this work, and began elsewhere. */
  readonly links?: readonly Link[]
  /** `client` for a call to another service. Default: work of this process. */
  readonly kind?: 'internal' | 'client'
}

/** Does the work within a span of its own; its failure is the span's. */
export async function traced<T>(
  name: string,
  { attributes = {}, links = [], kind = 'internal' }: SpanOptions,
  work: () => Promise<T>,
): Promise<T> {
  const spanKind = kind === 'client' ? SpanKind.CLIENT : SpanKind.INTERNAL
  const options = { kind: spanKind, attributes, links: [...links] }
  return tracer().startActiveSpan(name, options, async (span) => {
    try {
      return await work()
    } catch (error) {
      // Messages may quote what was sent to us; a code cannot.
      const code = error instanceof AppError ? error.code : 'UNEXPECTED'
      span.setStatus({ code: SpanStatusCode.ERROR, message: code })
      throw error
    } finally {
      span.end()
    }
  })
}

/** One request of a client, from its first byte to the last of its answer. */
export interface RequestSpan {
  /** Runs what answers the request, so that its own spans belong to this one. */
  readonly run: (work: () => void) => void
  /** `route` is the pattern, never the path. */
  readonly end: (route: string, status: number) => void
}

/** Goes on with the trace that the client's headers name, if they name one. */
export function startRequestSpan(
  method: string,
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
): RequestSpan {
  const parent = propagation.extract(ROOT_CONTEXT, headers)
  const attributes = { 'http.request.method': method }
  const span = tracer().startSpan(method, { kind: SpanKind.SERVER, attributes }, parent)
  const within = trace.setSpan(parent, span)
  return {
    run: (work) => {
      context.with(within, work)
    },
    end: (route, status) => {
      span.updateName(`${method} ${route}`)
      span.setAttributes({ 'http.route': route, 'http.response.status_code': status })
      if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR })
      span.end()
    },
  }
}

/** Headers that make what is called a part of the trace; none without an SDK. */
export function traceHeaders(): Record<string, string> {
  const headers: Record<string, string> = {}
  propagation.inject(context.active(), headers)
  return headers
}

export interface TraceFields {
  readonly trace_id?: string
  readonly span_id?: string
}

/** What a log line bears so that it is found from its trace; nothing outside of one. */
export function traceFields(): TraceFields {
  const at = trace.getActiveSpan()?.spanContext()
  return at === undefined ? {} : { trace_id: at.traceId, span_id: at.spanId }
}

/** The place in a trace that a `traceparent` names (W3C Trace Context, version 00 and later); null for anything else. */
export function parseTraceparent(text: string): SpanContext | null {
  const found = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:$|-)/.exec(text)
  const [, traceId = '', spanId = '', flags = ''] = found ?? []
  const at = { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true }
  return trace.isSpanContextValid(at) ? at : null
}

/** Links of one batch: beyond these a trace of it says no more. */
const linkLimit = 32

/** The traces that the messages of a batch come from, the first few of them. */
export class TraceLinks {
  readonly #spans = new Map<string, SpanContext>()

  /** The header of a message; anything that is no `traceparent` is nobody's trace. */
  add(traceparent: string | undefined): void {
    if (traceparent === undefined || this.#spans.size >= linkLimit) return
    if (this.#spans.has(traceparent)) return
    const span = parseTraceparent(traceparent)
    if (span !== null) this.#spans.set(traceparent, span)
  }

  /** The span that is going on now, such as a request's. */
  addActive(): void {
    const span = trace.getActiveSpan()?.spanContext()
    if (span === undefined || this.#spans.size >= linkLimit) return
    this.#spans.set(`${span.traceId}-${span.spanId}`, span)
  }

  list(): readonly Link[] {
    return [...this.#spans.values()].map((at) => ({ context: at }))
  }
}
