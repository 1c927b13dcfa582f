"""The whole of groupguard on one machine: the store and the three services, started and kept running."""

import os
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from service_kit.embedded import EmbeddedStore, LoadProgress
from service_kit.service_process import ServiceProcess

_IN_ORDER = ("rule", "filter", "blacklist")
_LISTENERS = ("GROUPGUARD_HEALTH_LISTEN", "GROUPGUARD_METRICS_LISTEN")
"""Where each service listens besides; no two can listen on one port."""


@dataclass(frozen=True, slots=True)
class StoreUrls:
    """Stores to use instead of the embedded one."""

    durable: str
    ephemeral: str


class Suite:
    """The three services, and the embedded store unless there is another."""

    def __init__(
        self,
        store: EmbeddedStore | StoreUrls,
        *,
        ports: Mapping[str, int] | None = None,
        environment: Mapping[str, str] | None = None,
        log_folder: Path | None = None,
    ) -> None:
        """Describes the suite; nothing is started.

        Args:
            store: the embedded store, which the suite then owns, or URLs.
            ports: loopback ports of `rule`, `filter` and `blacklist`; any free ones if None.
            environment: variables for all three services, besides those of this process. Where one fixes the port of
                health or metrics it is RuleService's; FilterService gets the next one, BlacklistService the one after.
            log_folder: where each service's log goes, as `<service>.log`; to standard error if None.
        """
        self._store = store
        self._ports = ports or {}
        self._environment = environment or {}
        self._log_folder = log_folder
        self._logs: list[IO[bytes]] = []
        self.services: dict[str, ServiceProcess] = {}

    def start(self, on_progress: Callable[[LoadProgress], None] | None = None) -> None:
        """Starts everything and waits until calls are accepted.

        Raises:
            EmbeddedStoreError: the store can't be started.
            ServiceFailed: a service did not become ready; everything is stopped again.
        """
        try:
            if isinstance(self._store, EmbeddedStore):
                self._store.start(on_progress)
            durable = {"GROUPGUARD_DURABLE_URL": self._urls().durable}
            rule = self._launch("rule", durable)
            blacklist = self._launch("blacklist", durable)
            rule.wait_ready()
            blacklist.wait_ready()
            self._launch(
                "filter",
                {
                    **durable,
                    "GROUPGUARD_EPHEMERAL_URL": self._urls().ephemeral,
                    "GROUPGUARD_RULE_ADDRESS": f"127.0.0.1:{rule.port}",
                    "GROUPGUARD_BLACKLIST_ADDRESS": f"127.0.0.1:{blacklist.port}",
                },
            ).wait_ready()
        except BaseException:
            self.stop()
            raise

    def _urls(self) -> StoreUrls:
        if isinstance(self._store, EmbeddedStore):
            return StoreUrls(self._store.durable_url, self._store.ephemeral_url)
        return self._store

    def _launch(self, name: str, environment: Mapping[str, str]) -> ServiceProcess:
        log = None
        if self._log_folder is not None:
            log = (self._log_folder / f"{name}.log").open("ab")
            self._logs.append(log)
        listen = {"GROUPGUARD_LISTEN": f"127.0.0.1:{self._ports.get(name, 0)}"}
        variables = {**listen, **self._environment, **self._apart(name), **environment}
        service = ServiceProcess(f"{name}_service", variables, log)
        self.services[name] = service
        service.start()
        return service

    def _apart(self, name: str) -> dict[str, str]:
        told = {**os.environ, **self._environment}
        listeners = {}
        for variable in _LISTENERS:
            host, _, port = told.get(variable, "").rpartition(":")
            if port.isdecimal() and int(port):
                listeners[variable] = f"{host}:{int(port) + _IN_ORDER.index(name)}"
        return listeners

    def ensure_running(self) -> list[str]:
        """Starts again what has died, without waiting for it, and returns the names."""
        restarted = list(self._store.ensure_running()) if isinstance(self._store, EmbeddedStore) else []
        return restarted + [name for name, service in self.services.items() if service.ensure_running()]

    def stop(self) -> None:
        """Stops the services in order, those that call before those that are called, then the store."""
        for name in reversed(self.services):
            self.services[name].signal(signal.SIGTERM)
        for service in self.services.values():
            service.close()
        if isinstance(self._store, EmbeddedStore):
            self._store.stop()
        for log in self._logs:
            log.close()
        self._logs.clear()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
