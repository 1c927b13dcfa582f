"""Traces by OpenTelemetry, sent by OTLP. Loaded only where traces are wanted: it is in the extra `tracing`."""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import SpanKind, StatusCode, format_span_id, format_trace_id, get_current_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from service_kit.request_log import log
from service_kit.telemetry import spans

_EXPORT_SECONDS = 2
"""Within which a collector must take some spans; else they are lost."""
_FORM = TraceContextTextMapPropagator()
_OURS = frozenset({"INTERNAL", "UNKNOWN", "UNAVAILABLE", "DEADLINE_EXCEEDED", "DATA_LOSS", "UNIMPLEMENTED"})
"""Codes with which a server failed, rather than its caller."""


class OtlpTracer:
    """See `spans.Tracer`."""

    def __init__(self, service: str, endpoint: str, sample: float) -> None:
        """Connects when there is something to send.

        Args:
            service: full name, by which traces show it.
            endpoint: the collector, `http://host:4317` or with https.
            sample: share of calls to trace of those whose caller did not decide.
        """
        self._provider = TracerProvider(
            sampler=ParentBased(TraceIdRatioBased(sample)),
            resource=Resource.create({SERVICE_NAME: service}),
            shutdown_on_exit=False,
        )
        exporter = OTLPSpanExporter(endpoint, timeout=_EXPORT_SECONDS)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("groupguard")

    @contextmanager
    def serving(self, method: str, context: Any) -> Iterator[None]:
        name = method.removeprefix("/")
        service, _, short = name.rpartition("/")
        told = {key: value for key, value in context.invocation_metadata() or () if key in _FORM.fields}
        with self._tracer.start_as_current_span(
            name,
            context=_FORM.extract(told),
            kind=SpanKind.SERVER,
            attributes={"rpc.system": "grpc", "rpc.service": service, "rpc.method": short},
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            ids = span.get_span_context()
            token = spans.current.set(self)
            try:
                with structlog.contextvars.bound_contextvars(
                    trace_id=format_trace_id(ids.trace_id), span_id=format_span_id(ids.span_id)
                ):
                    yield
            finally:
                spans.current.reset(token)

    @contextmanager
    def span(self, name: str) -> Iterator[None]:
        with self._tracer.start_as_current_span(
            name, kind=SpanKind.CLIENT, record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                yield
            except BaseException:
                span.set_status(StatusCode.ERROR)  # without the text, which may quote what was sent
                raise

    def ended(self, code: str) -> None:
        span = get_current_span()
        span.set_attribute("rpc.response.status_code", code)
        if code in _OURS:
            span.set_status(StatusCode.ERROR)

    def headers(self) -> Iterable[tuple[str, str]]:
        carrier: dict[str, str] = {}
        _FORM.inject(carrier)
        return carrier.items()

    def close(self) -> None:
        """Sends what is left; it blocks for some seconds where the collector does not answer."""
        self._provider.shutdown()


class _ToOurLog(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        log().warning("traces", why=record.getMessage())


def open_tracer(service: str, endpoint: str, sample: float) -> OtlpTracer:
    """Returns a tracer; what the library has to say goes to our log."""
    library = logging.getLogger("opentelemetry")
    library.addHandler(_ToOurLog(logging.WARNING))
    library.propagate = False
    return OtlpTracer(service, endpoint, sample)
