"""One corp's filter, kept up with what is written."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from filter_service.blacklists.copy import FilterCopy
from filter_service.blacklists.source import FilterMissing, FilterSource, FilterTooLarge
from service_kit.request_log import log
from service_kit.revision import Revision
from service_kit.store_errors import StoreUnavailable

LATE_SECONDS = 0.2
"""A copy that is behind a notice for so long answers nothing."""
FAR_BEHIND = 1_000
"""Records behind which a newer blob is read rather than the tail."""
RECORDS_AT_ONCE = 100
"""Of up to 1,000 additions each: 1.6 MB."""
RETRY_SECONDS = 1.0
RETRY_TOO_LARGE_SECONDS = 60.0


class FollowedFilter:
    """The copy, the one load and the one reading of the tail that may be under way."""

    def __init__(
        self,
        corp_id: str,
        source: FilterSource,
        clock: Callable[[], float],
        loaded: Callable[["FollowedFilter", Exception | None], Awaitable[None]],
    ) -> None:
        """Has nothing loaded yet.

        Args:
            corp_id: whose filter.
            source: where it comes from.
            clock: gives seconds that only ever grow.
            loaded: is told when a load has ended, and why it failed if it did.
        """
        self.corp_id = corp_id
        self.copy: FilterCopy | None = None
        self.counted = 0
        """Bytes for which it was counted last among all copies."""
        self.floor: Revision | None = None
        self._floor_at = 0.0
        self._source = source
        self._clock = clock
        self._when_loaded = loaded
        self._rung_at = float("-inf")
        self._behind_since: float | None = None
        self._most_bytes = 0
        self._retry_at = float("-inf")
        self._loading: asyncio.Task[None] | None = None
        self._following: asyncio.Task[None] | None = None
        self._again = False
        self._retired = False

    def is_late(self) -> bool:
        """Tells whether a notice came some time ago that is not followed yet."""
        return self._behind_since is not None and self._clock() > self._behind_since + LATE_SECONDS

    def ring(self) -> None:
        """Something was written, or published."""
        if self.copy is None and self._loading is None:
            return
        self._rung_at = self._clock()
        if self._behind_since is None:
            self._behind_since = self._rung_at
        self.follow_soon()

    def require(self, revision: Revision) -> None:
        """Has no copy used that does not include a revision."""
        self.floor, self._floor_at = revision, self._clock()
        self.follow_soon()

    def tasks(self) -> list[asyncio.Task[Any]]:
        return [task for task in (self._loading, self._following) if task is not None]

    def retire(self) -> None:
        """Ends the work for a corp that was dropped."""
        self._retired = True
        for task in self.tasks():
            task.cancel()

    def load_soon(self, most_bytes: int) -> None:
        """Starts to load the filter, unless that is under way or failed just now."""
        self._most_bytes = most_bytes
        if self._loading is None and self._clock() >= self._retry_at and not self._retired:
            self._loading = asyncio.create_task(self._load())
            self._loading.add_done_callback(self._load_ended)

    def follow_soon(self) -> None:
        """Has the copy take over what was written up to now: a reading under way may have begun before."""
        if self._following is not None:
            self._again = True
        elif self.copy is not None and not self._retired:
            self._following = asyncio.create_task(self._follow())
            self._following.add_done_callback(self._follow_ended)

    async def _follow(self) -> None:
        self._again = True
        while self._again and self.copy is not None:
            self._again = False
            copy, begun = self.copy, self._clock()
            try:
                tail = await self._source.tail(self.corp_id, copy.revision, RECORDS_AT_ONCE)
                if copy is not self.copy:
                    self._again = True  # it was replaced meanwhile
                    continue
                newer = tail.version not in (0, copy.version)
                if newer and tail.revision.number - copy.revision.number > FAR_BEHIND:
                    raise FilterMissing("it is far behind")
                if copy.follow(tail):
                    self._confirm(copy, begun)
                else:
                    self._again = True
                if newer:
                    self.load_soon(self._most_bytes)
            except FilterMissing as error:
                log().warning("filter dropped", corp_id=self.corp_id, why=str(error))
                self.copy = None
                self.load_soon(self._most_bytes)
            except StoreUnavailable as error:
                log().warning("filter not followed", corp_id=self.corp_id, why=str(error))
                self._again = False

    async def _load(self) -> None:
        error: Exception | None = None
        for _ in range(2):  # it may be published anew while it is read
            try:
                self.copy = await self._fresh()
                error = None
                if self._behind_since is not None:
                    self.follow_soon()
                break
            except (FilterMissing, FilterTooLarge, StoreUnavailable) as failure:
                error = failure
        if error is not None:
            seconds = RETRY_TOO_LARGE_SECONDS if isinstance(error, FilterTooLarge) else RETRY_SECONDS
            self._retry_at = self._clock() + seconds
            log().warning("filter not loaded", corp_id=self.corp_id, why=str(error))
        await self._when_loaded(self, error)

    async def _fresh(self) -> FilterCopy:
        """Returns a copy that holds all that was written when it was last compared, and all that the one in use holds."""
        fresh = FilterCopy(await self._source.load(self.corp_id, self._most_bytes))
        while True:
            begun, reached = self._clock(), self._reached
            tail = await self._source.tail(self.corp_id, fresh.revision, RECORDS_AT_ONCE)
            if fresh.follow(tail) and self._reached <= max(reached, fresh.revision.number):
                self._confirm(fresh, begun)
                return fresh

    @property
    def _reached(self) -> int:
        return self.copy.revision.number if self.copy else 0

    def _confirm(self, copy: FilterCopy, begun: float) -> None:
        copy.confirmed_at = begun
        if self._floor_at <= begun:
            self.floor = None
        self._behind_since = begun if self._rung_at >= begun else None

    def _load_ended(self, task: "asyncio.Task[None]") -> None:
        self._loading = None
        if self._failed(task):
            self._retry_at = self._clock() + RETRY_SECONDS

    def _follow_ended(self, task: "asyncio.Task[None]") -> None:
        self._following = None
        if not self._failed(task) and self._again:
            self.follow_soon()

    def _failed(self, task: "asyncio.Task[None]") -> bool:
        """Tells, and logs, whether a task ended in a way that nobody foresaw."""
        if task.cancelled():
            return True
        if (error := task.exception()) is not None:
            log().error("filter not kept up", corp_id=self.corp_id, exc_info=error)
        return error is not None
