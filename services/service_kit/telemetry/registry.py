"""The metrics of one process, put together."""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, GCCollector, ProcessCollector

from service_kit.telemetry.calls import CallTally
from service_kit.telemetry.figures import Figure, Figures


def registry_of(figures: Iterable[Figure], calls: CallTally) -> CollectorRegistry:
    """Returns a registry of the figures, the calls, and what the library tells of any process (on Linux)."""
    registry = CollectorRegistry()
    registry.register(Figures(figures))
    registry.register(calls)
    ProcessCollector(registry=registry)
    GCCollector(registry=registry)
    return registry
