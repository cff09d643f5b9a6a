"""W3C trace context through HTTP, outbox and Kafka. Spans go to OTEL_EXPORTER_OTLP_ENDPOINT where it's set.

OpenTelemetry's SDK is imported only where spans are exported.
"""

import os
import random
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from opentelemetry import trace
from opentelemetry.context import Context, attach, detach
from opentelemetry.propagate import extract, inject
from opentelemetry.trace import NonRecordingSpan, Span, SpanContext, SpanKind

_exporting = False


def configure(service: str, kind: str) -> None:
    """Once per process, after a fork. Ids and personal data are never span attributes."""
    global _exporting
    _exporting = bool(os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"))
    if _exporting:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        resource = Resource.create({"service.name": service, "process.kind": kind})
        provider = TracerProvider(resource=resource)
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        trace.set_tracer_provider(provider)


def span(
    name: str, traceparent: str | None, kind: SpanKind = SpanKind.CONSUMER
) -> AbstractContextManager[Span]:
    """Returns a span that continues the trace of `traceparent`, or begins one."""
    before = extract({"traceparent": traceparent}) if traceparent else None
    if not _exporting:
        return _Ids(before)
    begun = trace.get_tracer("chassis").start_span(name, context=before, kind=kind)
    return trace.use_span(
        begun, end_on_exit=True, record_exception=False, set_status_on_exception=False
    )


@contextmanager
def apart(name: str) -> Iterator[None]:
    """Begins a span in a trace of its own, without a link to the current trace."""
    token = attach(Context())
    try:
        with span(name, None, SpanKind.INTERNAL):
            yield
    finally:
        detach(token)


class _Ids:
    """A span that isn't exported: its ids still go into log lines and events, at a fraction of a span's cost."""

    def __init__(self, before: Context | None) -> None:
        self._before = before

    def __enter__(self) -> Span:
        begun = NonRecordingSpan(
            _following(trace.get_current_span(self._before).get_span_context())
        )
        self._token = attach(trace.set_span_in_context(begun))
        return begun

    def __exit__(self, *_: object) -> None:
        detach(self._token)


def _following(before: SpanContext) -> SpanContext:
    """Ids in the trace of the previous span, if there's any."""
    return SpanContext(
        before.trace_id if before.is_valid else _new_id(128),
        _new_id(64),
        is_remote=False,
        trace_flags=before.trace_flags,
    )


def _new_id(bits: int) -> int:
    """Returns a number above 0, which is no id. An id is no secret."""
    return random.getrandbits(bits) or 1


def traceparent() -> str | None:
    """Returns the current context as a `traceparent` header, for an outbox row."""
    carrier: dict[str, str] = {}
    inject(carrier)
    return carrier.get("traceparent")


def trace_id() -> str | None:
    """Returns the current trace id, for log lines."""
    context = trace.get_current_span().get_span_context()
    return f"{context.trace_id:032x}" if context.is_valid else None
