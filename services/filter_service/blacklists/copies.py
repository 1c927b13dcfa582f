"""Copies of the filters of the corps that are in use: loaded on first use, dropped when others need the room."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable

from filter_service.blacklists.copy import FilterCopy
from filter_service.blacklists.following import FollowedFilter
from filter_service.blacklists.source import FilterMissing, FilterSource, FilterTooLarge
from service_kit.request_log import log
from service_kit.revision import Revision
from service_kit.store_errors import StoreUnavailable

CONFIRM_SECONDS = 3.0
"""A use of a copy that was last compared longer ago has it compared, without waiting for it."""
UNHEARD_CONFIRM_SECONDS = 0.1
"""The same while notices can't be heard."""
ALLOWED_SECONDS = 60.0
"""A copy that was last compared longer ago answers nothing."""
UNHEARD_ALLOWED_SECONDS = 1.0
"""The same for a copy of which notices may have been missed."""
RELISTEN_SECONDS = 0.2
MOST_CORPS = 10_000


class Copies:
    """Copies by corp."""

    def __init__(
        self,
        source: FilterSource,
        clock: Callable[[], float],
        budget: int,
        ask_for_filter: Callable[[str], Awaitable[None]],
    ) -> None:
        """Starts empty.

        Args:
            source: where filters come from.
            clock: gives seconds that only ever grow.
            budget: bytes that all copies together may take; one that is being replaced counts once.
            ask_for_filter: has the filter of a corp published that can't be read.
        """
        self._source = source
        self._clock = clock
        self._budget = budget
        self._ask_for_filter = ask_for_filter
        self._corps: OrderedDict[str, FollowedFilter] = OrderedDict()
        self._listening_since: float | None = None
        self.size = 0
        """Bytes that the copies take, each as it was when it was loaded or used last."""
        self.loads = dict.fromkeys(("loaded", "missing", "too_large", "unavailable"), 0)
        """Filters that were read since the start, and those that were not, by why."""

    @property
    def count(self) -> int:
        """Corps of which there is a copy."""
        return sum(1 for corp in self._corps.values() if corp.copy)

    @property
    def budget(self) -> int:
        """What the copies may take."""
        return self._budget

    @property
    def longest_tail(self) -> int:
        """Records that the copy which is furthest from the filter it was loaded from has taken over."""
        return max((corp.copy.followed for corp in self._corps.values() if corp.copy), default=0)

    def usable(self, corp_id: str, at_least: Revision | None) -> FilterCopy | None:
        """Returns the copy of a corp's filter if it can be trusted now, and includes a revision.

        Otherwise None: whoever asks has to ask BlacklistService. Meanwhile the copy is loaded or brought up to date.
        """
        corp = self._corps.get(corp_id)
        if corp is None:
            corp = self._corps[corp_id] = FollowedFilter(corp_id, self._source, self._clock, self._loaded)
            self._make_room(corp)
        self._corps.move_to_end(corp_id)
        self._measure(corp)
        if corp.copy is None:
            corp.load_soon(self._budget)
            return None
        heard = self._listening_since is not None and self._listening_since <= corp.copy.confirmed_at
        age = self._clock() - corp.copy.confirmed_at
        missing = [it for it in (at_least, corp.floor) if it and not corp.copy.includes(it)]
        behind = bool(missing) or corp.is_late()
        if behind or age > (CONFIRM_SECONDS if heard else UNHEARD_CONFIRM_SECONDS):
            corp.follow_soon()
        too_old = age > (ALLOWED_SECONDS if heard else UNHEARD_ALLOWED_SECONDS)
        return None if behind or too_old else corp.copy

    def written(self, corp_id: str, revision: Revision) -> None:
        """Notes a write of this process: from now on no copy without it is usable."""
        if (corp := self._corps.get(corp_id)) is not None:
            corp.require(revision)

    async def listen(self) -> None:
        """Listens for writes until cancelled, and takes them over for the corps in memory."""
        while True:
            try:
                async for corp_id in self._source.notices():
                    if self._listening_since is None:
                        self._listening_since = self._clock()
                    if corp_id is not None and (corp := self._corps.get(corp_id)) is not None:
                        corp.ring()
            except StoreUnavailable as error:
                log().warning("not hearing of blacklist writes", why=str(error))
            self._listening_since = None
            await asyncio.sleep(RELISTEN_SECONDS)

    async def close(self) -> None:
        """Ends all work on copies; there is no use after it."""
        tasks = [task for corp in self._corps.values() for task in corp.tasks()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _loaded(self, corp: FollowedFilter, error: Exception | None) -> None:
        self.loads[_outcome(error)] += 1
        if isinstance(error, FilterMissing):
            await self._ask_for_filter(corp.corp_id)
        elif error is None and self._corps.get(corp.corp_id) is corp:
            self._measure(corp)
            self._make_room(corp)

    def _measure(self, corp: FollowedFilter) -> None:
        size = corp.copy.size if corp.copy else 0
        self.size += size - corp.counted
        corp.counted = size

    def _make_room(self, newest: FollowedFilter) -> None:
        """Drops the corps that were not used for longest while there are too many, or they take too much."""
        while len(self._corps) > MOST_CORPS or self.size > self._budget:
            corp_id, oldest = next(iter(self._corps.items()))
            if oldest is newest:
                self._corps.move_to_end(corp_id)
                if len(self._corps) == 1:
                    return
                continue
            del self._corps[corp_id]
            self.size -= oldest.counted
            oldest.retire()


def _outcome(error: Exception | None) -> str:
    match error:
        case None:
            return "loaded"
        case FilterMissing():
            return "missing"
        case FilterTooLarge():
            return "too_large"
        case _:
            return "unavailable"
