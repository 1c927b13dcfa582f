"""A collector of traces: OTLP over gRPC on a real port."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2, trace_service_pb2_grpc

from support.valkey import LOOPBACK


@dataclass(frozen=True, slots=True)
class Span:
    """A span that was sent."""

    service: str
    name: str
    trace: str
    id: str
    parent: str
    attributes: dict[str, str]
    failed: bool


@dataclass(slots=True)
class Collector:
    """What it was sent."""

    endpoint: str = ""
    spans: list[Span] = field(default_factory=list)

    def of(self, trace: str) -> list[Span]:
        """The spans of a trace."""
        return [span for span in self.spans if span.trace == trace]

    def Export(self, request: Any, context: grpc.ServicerContext) -> Any:
        for resource in request.resource_spans:
            [service] = [
                it.value.string_value for it in resource.resource.attributes if it.key == "service.name"
            ]
            for scope in resource.scope_spans:
                self.spans.extend(_read(service, span) for span in scope.spans)
        return trace_service_pb2.ExportTraceServiceResponse()


def _read(service: str, span: Any) -> Span:
    return Span(
        service,
        span.name,
        span.trace_id.hex(),
        span.span_id.hex(),
        span.parent_span_id.hex(),
        {it.key: it.value.string_value for it in span.attributes},
        span.status.code == 2,
    )


@contextmanager
def collecting() -> Iterator[Collector]:
    """Serves a collector."""
    collector = Collector()
    server = grpc.server(ThreadPoolExecutor(2))
    trace_service_pb2_grpc.add_TraceServiceServicer_to_server(collector, server)  # type: ignore[no-untyped-call]
    collector.endpoint = f"http://{LOOPBACK}:{server.add_insecure_port(f'{LOOPBACK}:0')}"
    server.start()
    try:
        yield collector
    finally:
        server.stop(0)
