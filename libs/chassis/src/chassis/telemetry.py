"""W3C trace context through HTTP, outbox and Kafka. Spans go to OTEL_EXPORTER_OTLP_ENDPOINT where it's set."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.propagate import extract, inject
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON, ParentBased
from opentelemetry.trace import Span, SpanKind

_tracer = trace.get_tracer("chassis")


def configure(service: str, kind: str) -> None:
    """Once per process, after a fork. Ids and personal data are never span attributes."""
    resource = Resource.create({"service.name": service, "process.kind": kind})
    exported = bool(os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"))
    # Without a collector a span is its ids only: they go on into log lines and events, and cost a third.
    sampler = ParentBased(ALWAYS_ON if exported else ALWAYS_OFF)
    provider = TracerProvider(resource=resource, sampler=sampler)
    if exported:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)


@contextmanager
def span(name: str, traceparent: str | None, kind: SpanKind = SpanKind.CONSUMER) -> Iterator[Span]:
    """A span that continues the trace of `traceparent`, or begins one."""
    context = extract({"traceparent": traceparent}) if traceparent else None
    with _tracer.start_as_current_span(
        name, context=context, kind=kind, record_exception=False, set_status_on_exception=False
    ) as current:
        yield current


def traceparent() -> str | None:
    """The current context as a `traceparent` header, for an outbox row."""
    carrier: dict[str, str] = {}
    inject(carrier)
    return carrier.get("traceparent")


def trace_id() -> str | None:
    """The current trace id, for log lines."""
    context = trace.get_current_span().get_span_context()
    return f"{context.trace_id:032x}" if context.is_valid else None
