"""The metrics of the stores that a service uses."""

from collections.abc import Mapping

from service_kit.store_failures import StoreFailures
from service_kit.telemetry import Figure, counter


def store_figures(stores: Mapping[str, StoreFailures]) -> list[Figure]:
    """Returns what stores, by name, tell."""

    def failures() -> dict[tuple[str, ...], float]:
        return {(name, kind): count for name, it in stores.items() for kind, count in it.counts.items()}

    return [
        counter(
            "groupguard_store_failures_total",
            "Commands and scripts that the store refused or did not answer, those in pipelines aside",
            failures,
            "store",
            "kind",
        )
    ]
