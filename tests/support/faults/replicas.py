"""Two replicas of each service on one store, as a deployment has them."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from groupguard_client import Addresses
from service_kit.embedded import EmbeddedStore
from service_kit.service_process import ServiceFailed, ServiceProcess
from support.valkey import LOOPBACK

_NAMES = ("rule", "blacklist", "filter")
"""Those that are called before those that call."""
_PATIENCE = 120.0


class Replicas:
    """The store and its services; whoever has them restarts what dies."""

    def __init__(self, store: EmbeddedStore, services: dict[str, list[ServiceProcess]]) -> None:
        self.store = store
        self.services = services
        """Both replicas by the service's name."""

    @property
    def addresses(self) -> Addresses:
        """Where both replicas of each service are."""
        return Addresses(**{name: _target(both) for name, both in self.services.items()})

    def all(self) -> list[ServiceProcess]:
        """Every process of a service."""
        return [service for both in self.services.values() for service in both]

    def ensure_running(self) -> None:
        """Starts again what has died, without waiting for it."""
        self.store.ensure_running()
        for service in self.all():
            service.ensure_running()

    def wait_ready(self) -> None:
        """Waits until everything that was started serves; may be called from any thread."""
        self.store.wait_ready()
        for service in self.all():
            _wait_ready(service)


@contextmanager
def replicas(store: EmbeddedStore, logs: Path) -> Iterator[Replicas]:
    """Starts two replicas of each service, which log to `<service>.log`; all of them are stopped in the end."""
    with ExitStack() as stack:
        parts = Replicas(store, {})
        stack.callback(_stop, parts)
        for name in _NAMES:
            log = stack.enter_context((logs / f"{name}.log").open("ab"))
            callees = {
                f"GROUPGUARD_{it.upper()}_ADDRESS": _target(both) for it, both in parts.services.items()
            }
            parts.services[name] = [
                ServiceProcess(
                    f"{name}_service",
                    {
                        "GROUPGUARD_LISTEN": f"{LOOPBACK}:0",
                        "GROUPGUARD_LOG_SAMPLE": "0",
                        "GROUPGUARD_DURABLE_URL": store.durable_url,
                        "GROUPGUARD_EPHEMERAL_URL": store.ephemeral_url,
                        **callees,
                    },
                    log,
                )
                for _ in range(2)
            ]
            for service in parts.services[name]:
                service.start()
            for service in parts.services[name]:
                _wait_ready(service)
        yield parts


def _wait_ready(service: ServiceProcess) -> None:
    """Waits longer than a supervisor would: on a busy machine a process takes its time to start."""
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            return service.wait_ready()
        except ServiceFailed:
            if not service.is_running() or time.monotonic() > until:
                raise


def _stop(parts: Replicas) -> None:
    for service in reversed(parts.all()):
        service.signal(signal.SIGTERM)
    for service in parts.all():
        service.close()


def _target(both: list[ServiceProcess]) -> str:
    return "ipv4:" + ",".join(f"{LOOPBACK}:{service.port}" for service in both)
