"""The default store of groupguard: two Valkey servers in one folder, owned by this process."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from service_kit.embedded import config, folders, lock, orphans
from service_kit.embedded.errors import EmbeddedStoreError, StoreInUse
from service_kit.embedded.readiness import LoadProgress
from service_kit.embedded.server import ValkeyServer, socket_in

_SERVERS = (("durable", config.DURABLE), ("ephemeral", config.EPHEMERAL))


class EmbeddedStore:
    """Owns a durable server (fsync on every write) and an ephemeral one (memory only).

    Both listen on unix sockets inside ``folder`` and die with this process; a second owner is refused. A supervisor
    calls ``ensure_running`` from time to time: a restarted server keeps its socket and the durable one its data.
    """

    def __init__(self, folder: Path) -> None:
        """Describes the store in ``folder``; nothing is created or started."""
        self.folder = folder.absolute()
        self._lock: int | None = None
        self._servers: tuple[ValkeyServer, ...] = ()

    @property
    def durable_url(self) -> str:
        """``unix://`` URL of the durable server, percent-encoded."""
        return self._url("durable")

    @property
    def ephemeral_url(self) -> str:
        """``unix://`` URL of the ephemeral server, percent-encoded."""
        return self._url("ephemeral")

    @property
    def pids(self) -> dict[str, int]:
        """Process ids of the running servers by name."""
        return {server.name: server.pid for server in self._servers if server.pid is not None}

    def start(self, on_progress: Callable[[LoadProgress], None] | None = None) -> None:
        """Locks the folder, starts both servers and waits until they serve, however long they load.

        Raises:
            StoreInUse: another process owns the folder.
            UnusableFolder: the folder can't hold the store.
            ServerDied: a server ended while it was starting.
            EmbeddedStoreUnavailable: there is no binary for this machine.
            EmbeddedStoreError: already started, or called outside the main thread.
        """
        if self._lock is not None:
            raise EmbeddedStoreError(f"the store in {self.folder} is already started")
        folders.prepare(self.folder, tuple(name for name, _ in _SERVERS))
        self._lock = self._acquire()
        try:
            self._servers = tuple(
                self._describe(name, directives, self._lock) for name, directives in _SERVERS
            )
            self.ensure_running()
            self.wait_ready(on_progress)
        except BaseException:
            self.stop()
            raise

    def poll(self) -> tuple[str, ...]:
        """Returns the names of the servers that should run and do not."""
        return tuple(server.name for server in self._servers if not server.is_running())

    def ensure_running(self) -> tuple[str, ...]:
        """Starts again what has died, without waiting for it, and returns the names.

        Until such a server has loaded its data its clients see a store that is not available; ``wait_ready`` waits.

        Raises:
            EmbeddedStoreError: called outside the main thread.
        """
        dead = [server for server in self._servers if not server.is_running()]
        for server in dead:
            server.spawn()
        return tuple(server.name for server in dead)

    def wait_ready(self, on_progress: Callable[[LoadProgress], None] | None = None) -> None:
        """Waits until both servers serve; may be called from any thread.

        Raises:
            ServerDied: a server ended while it was starting.
        """
        for server in self._servers:
            server.wait_ready(on_progress)

    def stop(self) -> None:
        """Stops both servers in order, by force after 10 s, and frees the folder; harmless when not started."""
        for server in self._servers:
            server.terminate()
        for server in self._servers:
            server.wait_stopped()
        self._servers = ()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _url(self, name: str) -> str:
        return "unix://" + quote(os.fsencode(socket_in(self.folder / name)))

    def _acquire(self) -> int:
        try:
            return lock.acquire(self.folder)
        except StoreInUse as error:
            if orphans.KERNEL_ENDS_THEM or not orphans.owner_is_dead(error.holder):
                raise
        orphans.shut_down(socket_in(self.folder / name) for name, _ in _SERVERS)
        return lock.acquire(self.folder)

    def _describe(
        self, name: str, directives: tuple[config.Directive, ...], lock_descriptor: int
    ) -> ValkeyServer:
        folder = self.folder / name
        listening = config.unix_socket_only(socket_in(folder))
        # The server holds the lock too: should it outlive this process, nobody opens its files a second time.
        return ValkeyServer(name, folder, (*listening, *directives), inherited=(lock_descriptor,))
