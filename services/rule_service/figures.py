"""The metrics of RuleService's own."""

from rule_service.watch import Watch
from service_kit.telemetry import Figure, gauge


def figures_of(watch: Watch) -> list[Figure]:
    """Returns what the watch tells."""
    return [
        gauge("groupguard_rule_watchers", "Streams that are told when rules change", lambda: watch.watchers)
    ]
