"""What operators see of a process: metrics in Prometheus' text format, on a port of their own, and traces.

What is counted is kept as plain numbers by the parts that count; a scrape reads them. No metric tells of a corp, a group, a
customer or a text: the labels are the few words that docs/metrics.md lists.
"""

from service_kit.telemetry.calls import CallTally
from service_kit.telemetry.endpoint import bind, open_endpoint, port_of
from service_kit.telemetry.figures import Figure, counter, gauge
from service_kit.telemetry.registry import registry_of
from service_kit.telemetry.spans import UNTRACED, Tracer

__all__ = [
    "UNTRACED",
    "CallTally",
    "Figure",
    "Tracer",
    "bind",
    "counter",
    "gauge",
    "open_endpoint",
    "port_of",
    "registry_of",
]
