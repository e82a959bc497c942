/*
 * Traces by OpenTelemetry's interface, which alone makes none: a program that registers a provider gets them, of as many
 * changes as its sampler lets. Without one a change costs one look at a global.
 */
import {
  context,
  ProxyTracerProvider,
  SpanKind,
  SpanStatusCode,
  trace,
  type Span as OtelSpan,
  type Tracer,
} from '@opentelemetry/api'
import type { Span, Tracing } from '../ports/tracing.ts'

const SCOPE = '@quire/server'

/** Null where no provider is registered. */
const tracerNow = (): Tracer | null => {
  const provider = trace.getTracerProvider()
  if (provider instanceof ProxyTracerProvider) return provider.getDelegateTracer(SCOPE) ?? null
  return provider.getTracer(SCOPE) // registered by another copy of the interface
}

const spanOf = (span: OtelSpan, tracer: Tracer): Span => ({
  begin(name) {
    const within = trace.setSpan(context.active(), span)
    return spanOf(tracer.startSpan(name, {}, within), tracer)
  },
  end(problem) {
    if (!span.isRecording()) return
    if (problem !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: problem })
    span.end()
  },
})

/** Traces for the provider that is registered as each change comes. */
export const openTelemetry: Tracing = {
  change({ document, family, session, bytes }) {
    const tracer = tracerNow()
    if (tracer === null) return null
    const attributes = {
      'quire.document': document,
      'quire.family': family,
      'quire.session': session,
      'quire.bytes': bytes,
    }
    const span = tracer.startSpan('quire.update', { kind: SpanKind.SERVER, attributes })
    return span.isRecording() ? spanOf(span, tracer) : null
  },
}
