"""A suite and what is in it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from groupguard_client import Addresses
from service_kit.embedded import EmbeddedStore
from service_kit.service_process import ServiceProcess
from service_kit.suite import Suite
from support.valkey import LOOPBACK


def addresses(services: Mapping[str, ServiceProcess]) -> Addresses:
    """Where the services of a suite listen."""
    return Addresses(**{name: f"{LOOPBACK}:{service.port}" for name, service in services.items()})


def store_of(suite: Suite) -> EmbeddedStore:
    """The store that a suite owns."""
    store = suite._store
    assert isinstance(store, EmbeddedStore)
    return store


def pids(suite: Suite) -> dict[str, int]:
    """Process ids of the store's servers and of the services, by name."""
    return {**store_of(suite).pids, **{name: it.pid or 0 for name, it in suite.services.items()}}


def make_whole(suite: Suite) -> None:
    """Starts what does not run and waits until everything serves."""
    for service in suite.services.values():
        if not service.is_running():
            service.start()
    store_of(suite).ensure_running()
    store_of(suite).wait_ready()
    for service in suite.services.values():
        service.wait_ready()


def own_faults(logs: Path) -> list[str]:
    """What services logged as faults of their own."""
    lines = [line for path in logs.glob("*.log") for line in path.read_text("utf-8").splitlines()]
    return [line for line in lines if '"code": "INTERNAL"' in line]
