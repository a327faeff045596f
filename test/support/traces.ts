import { AsyncLocalStorage } from 'node:async_hooks'
import {
  context,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  trace,
  type Attributes,
  type Context,
  type ContextManager,
  type Link,
  type Span,
  type SpanContext,
  type SpanOptions,
  type TextMapPropagator,
  type Tracer,
} from '@opentelemetry/api'
import { parseTraceparent } from '../../core/tracing.ts'

/** A span that has ended. */
export interface EndedSpan {
  readonly name: string
  readonly kind: SpanKind
  readonly at: SpanContext
  readonly parent: SpanContext | undefined
  readonly attributes: Attributes
  readonly links: readonly Link[]
  /** The message of an error. */
  readonly error: string | undefined
}

export interface Traces {
  readonly ended: EndedSpan[]
  remove: () => void
}

/** An SDK in so many lines: spans are kept in memory, in the order in which they ended. */
export function collectTraces(): Traces {
  const ended: EndedSpan[] = []
  const tracer = createTracer(ended)
  trace.setGlobalTracerProvider({ getTracer: () => tracer })
  context.setGlobalContextManager(asyncContexts())
  propagation.setGlobalPropagator(traceparents)
  return {
    ended,
    remove: () => {
      trace.disable()
      context.disable()
      propagation.disable()
    },
  }
}

export const headerOf = ({ traceId, spanId }: SpanContext): string => `00-${traceId}-${spanId}-01`

function createTracer(ended: EndedSpan[]): Tracer {
  let spans = 0
  const startSpan = (name: string, options: SpanOptions = {}, within = context.active()): Span => {
    spans += 1
    const parent = trace.getSpanContext(within)
    const own = spans.toString(16)
    const at: SpanContext = {
      traceId: parent?.traceId ?? own.padStart(32, 'a'),
      spanId: own.padStart(16, 'b'),
      traceFlags: 1,
    }
    const { kind = SpanKind.INTERNAL, links = [], attributes = {} } = options
    return recordingSpan({ name, kind, at, parent, links, attributes: { ...attributes } }, ended)
  }
  const startActiveSpan = (name: string, options: SpanOptions, work: (span: Span) => unknown) => {
    const span = startSpan(name, options)
    return context.with(trace.setSpan(context.active(), span), work, undefined, span)
  }
  return { startSpan, startActiveSpan } as unknown as Tracer
}

function recordingSpan(facts: Omit<EndedSpan, 'error'>, ended: EndedSpan[]): Span {
  let name = facts.name
  let error: string | undefined
  const attributes = { ...facts.attributes }
  const span = {
    spanContext: () => facts.at,
    setAttributes: (more: Attributes) => Object.assign(attributes, more),
    setStatus: ({ message = '' }: { message?: string }) => (error = message),
    updateName: (other: string) => (name = other),
    end: () => ended.push({ ...facts, name, attributes, error }),
    isRecording: () => true,
  }
  return span as unknown as Span
}

function asyncContexts(): ContextManager {
  const storage = new AsyncLocalStorage<Context>()
  const manager: ContextManager = {
    active: () => storage.getStore() ?? ROOT_CONTEXT,
    with: (within, work, self, ...args) => storage.run(within, () => work.call(self, ...args)),
    bind: (_, target) => target,
    enable: () => manager,
    disable: () => manager,
  }
  return manager
}

const traceparents: TextMapPropagator = {
  fields: () => ['traceparent'],
  inject: (within, carrier, setter) => {
    const at = trace.getSpanContext(within)
    if (at !== undefined) setter.set(carrier, 'traceparent', headerOf(at))
  },
  extract: (within, carrier, getter) => {
    const found = getter.get(carrier, 'traceparent')
    const at = typeof found === 'string' ? parseTraceparent(found) : null
    return at === null ? within : trace.setSpanContext(within, at)
  },
}
