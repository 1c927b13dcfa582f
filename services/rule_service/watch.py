"""Tells watchers when a corp's rules change."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

from rule_service.store import RuleStore
from service_kit.request_log import log
from service_kit.revision import Revision
from service_kit.store_errors import StoreUnavailable

_PAUSE_SECONDS = 0.5
"""Between two attempts to listen to a store that is not there."""


class Watch:
    """Listens to the store once and passes on to any number of watchers.

    A watcher that is slow gets the newest revision of each corp only: what it holds is bounded by the number of corps.
    """

    def __init__(self, store: RuleStore) -> None:
        self._store = store
        self._watchers: set[_Watcher] = set()
        self._ended = False

    @property
    def watchers(self) -> int:
        """Streams that are told of changes."""
        return len(self._watchers)

    async def run(self) -> None:
        """Listens until cancelled; after a failure it listens anew."""
        while True:
            try:
                async for corp_id, revision in self._store.notices():
                    for watcher in self._watchers:
                        watcher.tell(corp_id, revision)
            except StoreUnavailable as error:
                log().warning("notices interrupted", why=str(error))
            except Exception:  # noqa: BLE001 - a notice nobody can read, say: no reason to be deaf from now on
                log().error("notices interrupted", exc_info=True)
            await asyncio.sleep(_PAUSE_SECONDS)

    @contextmanager
    def watcher(self) -> Iterator[AsyncIterator[tuple[str, Revision]]]:
        """Gives an iterator over (corp_id, revision) of every change from now on, until `end`."""
        watcher = _Watcher()
        self._watchers.add(watcher)
        try:
            yield self._changes(watcher)
        finally:
            self._watchers.discard(watcher)

    async def _changes(self, watcher: "_Watcher") -> AsyncIterator[tuple[str, Revision]]:
        while not self._ended:
            for change in await watcher.next():
                yield change

    def end(self) -> None:
        """Ends all watchers."""
        self._ended = True
        for watcher in self._watchers:
            watcher.wake.set()


class _Watcher:
    def __init__(self) -> None:
        self.wake = asyncio.Event()
        self._pending: dict[str, Revision] = {}

    def tell(self, corp_id: str, revision: Revision) -> None:
        self._pending[corp_id] = revision
        self.wake.set()

    async def next(self) -> list[tuple[str, Revision]]:
        await self.wake.wait()
        self.wake.clear()
        pending, self._pending = self._pending, {}
        return list(pending.items())
