"""The corps whose rules are in memory: loaded on first use, kept up to date, dropped when others need the room."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from filter_service.aside import aside, in_bulk
from filter_service.domain.snapshot import Snapshot
from filter_service.rule_source import Fetched, RuleSource, SourceUnavailable
from service_kit import deadline
from service_kit.errors import RevisionUnknown, RulesUnavailable
from service_kit.request_log import log
from service_kit.revision import Revision

CONFIRM_SECONDS = 3.0
"""A check whose corp was last confirmed longer ago triggers a look at RuleService, without waiting for it."""
FETCH_SECONDS = 30.0
"""Longest fetch. A large corp takes seconds; a check waits only as long as its own deadline."""
RECONNECT_SECONDS = 0.2
MOST_IN_LOOP = 2_000
"""Patterns and objects that are changed without a thread: up to 20 ms, during which nothing is judged."""
REST = 3
"""After building an index for some time, a corp rests for this many times as long: it takes a quarter of a core."""
MOST_CORPS = 10_000
"""Corps in memory; beyond it the one that was not asked for longest goes."""


class Corps:
    """Snapshots by corp."""

    def __init__(self, source: RuleSource, clock: Callable[[], float], most: int = MOST_CORPS) -> None:
        """Starts empty; `clock` gives seconds that only ever grow."""
        self._source = source
        self._clock = clock
        self._most = most
        self._corps: OrderedDict[str, _Corp] = OrderedDict()
        self.listening = asyncio.Event()
        """Set once RuleService was reached, for good: from then on there is something to judge by."""

    async def snapshot(self, corp_id: str, at_least: Revision | None = None) -> Snapshot:
        """Returns a corp's newest snapshot; one that includes a revision, if asked.

        Raises:
            RulesUnavailable: the rules, or the revision asked for, can't be fetched now.
            RevisionUnknown: the corp's rules have not reached the revision.
        """
        corp = self._corps.get(corp_id)
        if corp is None:
            corp = self._corps[corp_id] = _Corp(corp_id, self._source, self._clock)
            while len(self._corps) > self._most:
                self._corps.popitem(last=False)[1].retire()
        self._corps.move_to_end(corp_id)
        return await corp.current(at_least)

    async def close(self) -> None:
        """Ends all work on snapshots; there is no use after it."""
        tasks = [task for corp in self._corps.values() for task in corp.close()]
        await asyncio.gather(*tasks, return_exceptions=True)

    async def follow(self) -> None:
        """Listens for changes until cancelled, and fetches them for the corps in memory."""
        while True:
            try:
                async for notice in self._source.notices():
                    if notice is None:  # changes may have been missed before: nothing is confirmed any more
                        log().info("following RuleService")
                        self.listening.set()
                        for corp in self._corps.values():
                            corp.doubt()
                    elif notice[0] in self._corps:
                        self._corps[notice[0]].heard_of(notice[1])
                log().info("RuleService ended the watch")
            except SourceUnavailable as error:
                log().warning("not following RuleService", why=str(error))
            await asyncio.sleep(RECONNECT_SECONDS)


class _Corp:
    """One corp's snapshot, the one fetch that may be under way, and the one rebuild of its indexes.

    Both put new snapshots in place of the one there is. A fetch brings edits to the newest; a rebuild lays the newest
    over what it built, edits that came meanwhile included.
    """

    def __init__(self, corp_id: str, source: RuleSource, clock: Callable[[], float]) -> None:
        self._corp_id = corp_id
        self._source = source
        self._clock = clock
        self._snapshot: Snapshot | None = None
        self._doubtful_at = 0.0
        self._fetching: asyncio.Task[Snapshot] | None = None
        self._again = False
        self._rebuilding: asyncio.Task[None] | None = None
        self._retired = False

    async def current(self, at_least: Revision | None) -> Snapshot:
        snapshot = self._snapshot
        if snapshot is None:
            snapshot = await self._wait(self._fetch())
        elif self._clock() > self._doubtful_at:
            self._doubtful_at = (
                self._clock() + CONFIRM_SECONDS
            )  # also when RuleService is down: no storm of fetches
            self._fetch()
        if at_least is None or _includes(snapshot, at_least):
            return snapshot
        snapshot = await self._wait(self._fetch_from_now())
        if not _includes(snapshot, at_least):
            raise RevisionUnknown(str(at_least), str(snapshot.revision))
        return snapshot

    def doubt(self) -> None:
        """Has the next use compare."""
        self._doubtful_at = 0.0

    def heard_of(self, revision: Revision) -> None:
        """Fetches, unless the snapshot is there already."""
        if self._snapshot is not None and self._snapshot.revision != revision:
            self._fetch_from_now()

    def retire(self) -> None:
        """Has no more built for a corp that is not asked for any more; who waits for a fetch still gets it."""
        self._retired = True
        if self._rebuilding is not None:
            self._rebuilding.cancel()

    def close(self) -> list[asyncio.Task[Any]]:
        """Retires, and cancels what it returns."""
        self.retire()
        tasks = [task for task in (self._fetching, self._rebuilding) if task is not None]
        for task in tasks:
            task.cancel()
        return tasks

    async def _wait(self, fetch: "asyncio.Task[Snapshot]") -> Snapshot:
        try:
            async with asyncio.timeout(deadline.remaining(FETCH_SECONDS)):
                return await asyncio.shield(fetch)  # others may wait for it, too
        except (SourceUnavailable, TimeoutError) as error:
            raise RulesUnavailable(
                self._corp_id, str(error) or "RuleService did not answer in time"
            ) from None

    def _fetch(self) -> "asyncio.Task[Snapshot]":
        """Starts a fetch, or joins the one under way."""
        if self._fetching is None or self._fetching.done():
            self._fetching = asyncio.create_task(self._fetch_all())
            self._fetching.add_done_callback(self._fetched)
        return self._fetching

    def _fetch_from_now(self) -> "asyncio.Task[Snapshot]":
        """Like `_fetch`, but what was written up to now is in it: one under way may have read before."""
        self._again = self._fetching is not None and not self._fetching.done()
        return self._fetch()

    async def _fetch_all(self) -> Snapshot:
        while True:
            self._again = False
            fetched = await self._source.fetch(self._corp_id, self._revision, FETCH_SECONDS)
            self._snapshot = snapshot = await self._apply(fetched)
            self._start_rebuild()
            self._doubtful_at = self._clock() + CONFIRM_SECONDS
            if not self._again:
                return snapshot

    @property
    def _revision(self) -> Revision | None:
        return self._snapshot.revision if self._snapshot else None

    async def _apply(self, fetched: Fetched) -> Snapshot:
        old = Snapshot() if fetched.reset or self._snapshot is None else self._snapshot
        if not fetched.reset and old.revision == fetched.revision:
            return old
        change = partial(old.changed, fetched.changes, fetched.revision)
        large = old.effort(fetched.changes, MOST_IN_LOOP) > MOST_IN_LOOP
        return await in_bulk(change) if large else change()

    def _start_rebuild(self) -> None:
        busy = self._rebuilding is not None and not self._rebuilding.done()
        if self._snapshot is not None and self._snapshot.outgrown and not busy and not self._retired:
            self._rebuilding = asyncio.create_task(self._rebuild())
            self._rebuilding.add_done_callback(self._rebuilt)

    async def _rebuild(self) -> None:
        """Builds until nothing wants it any more; edits go on meanwhile."""
        while self._snapshot is not None and (outgrown := self._snapshot.outgrown):
            started = self._clock()
            for mode in outgrown:
                if (index := self._snapshot.indexes.get(mode)) is not None:
                    rebuilt = await aside(index.merged)
                    self._snapshot = self._snapshot.rebased(mode, rebuilt)
            await asyncio.sleep(REST * (self._clock() - started))

    def _rebuilt(self, task: "asyncio.Task[None]") -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            log().error("keyword index not rebuilt", corp_id=self._corp_id, exc_info=error)

    def _fetched(self, task: "asyncio.Task[Snapshot]") -> None:
        with suppress(asyncio.CancelledError):
            error = task.exception()
            if error is not None:
                log().warning("rules not fetched", corp_id=self._corp_id, why=str(error))


def _includes(snapshot: Snapshot, revision: Revision) -> bool:
    """Tells whether a snapshot includes a write; a number further on is taken to."""
    if snapshot.revision.number == revision.number:
        return snapshot.revision.chain == revision.chain
    return snapshot.revision.number > revision.number
