"""One corp's rules in memory: how they are fetched, confirmed, indexed anew and measured."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from filter_service.aside import aside, in_bulk
from filter_service.domain.size import Size, size_of
from filter_service.domain.snapshot import Snapshot
from filter_service.rule_source import Fetched, RuleSource, SourceUnavailable
from service_kit import deadline
from service_kit.errors import RevisionUnknown, RulesUnavailable
from service_kit.request_log import log
from service_kit.revision import Revision

CONFIRM_SECONDS = 3.0
"""A check whose corp was last confirmed longer ago triggers a look at RuleService, without waiting for it."""
FETCH_SECONDS = 30.0
"""A fetch of which no part came for so long has failed."""
WAIT_SECONDS = 600.0
"""A check without a deadline waits no longer for a fetch."""
MOST_IN_LOOP = 2_000
"""Patterns and objects that are changed without a thread: up to 20 ms, during which nothing is judged."""
REST = 3
"""After building an index for some time, a corp rests for this many times as long: it takes a quarter of a core."""
MEASURE_SECONDS = 30.0
"""A corp that changes is measured again no sooner than this."""


@dataclass(frozen=True, slots=True)
class Held:
    """What is known of a corp's snapshot in memory."""

    revision: Revision
    age: float
    """Seconds since it came to be what messages are judged by."""
    confirmed_age: float
    """Seconds since RuleService was asked for something newer, and had nothing."""
    size: Size


@dataclass(slots=True)
class Work:
    """What was done for snapshots since the process began."""

    fetches: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(("whole", "changes", "nothing", "failed"), 0)
    )
    """By what came of them: a whole snapshot, changes, nothing newer, or no answer."""
    rebuilds: int = 0
    """Indexes that were built anew."""
    rebuild_seconds: float = 0.0
    dropped: int = 0
    """Snapshots that made room for others."""


class Corp:
    """One corp's snapshot, the one fetch that may be under way, and the one rebuild of its indexes.

    Both put new snapshots in place of the one there is. A fetch brings edits to the newest; a rebuild lays the newest
    over what it built, edits that came meanwhile included.
    """

    def __init__(
        self,
        corp_id: str,
        source: RuleSource,
        clock: Callable[[], float],
        measured: Callable[[int], None],
        work: Work,
    ) -> None:
        """Has nothing yet; `measured` is told by how many bytes it grew, `work` counts what is done."""
        self.size = Size()
        self._corp_id = corp_id
        self._source = source
        self._clock = clock
        self._tell_measured = measured
        self._work = work
        self._measured_at = 0.0
        self._changed_at = 0.0
        self._confirmed_at = 0.0
        self._snapshot: Snapshot | None = None
        self._heard: Revision | None = None
        self._doubtful_at = 0.0
        self._fetching: asyncio.Task[Snapshot] | None = None
        self._again = False
        self._rebuilding: asyncio.Task[None] | None = None
        self._retired = False

    async def current(self, at_least: Revision | None) -> Snapshot:
        """Returns the newest snapshot; one that includes a revision, if asked. See `Corps.snapshot`."""
        snapshot = self._snapshot
        if snapshot is None:
            snapshot = await self._wait(self._fetch())
        elif self._clock() > self._doubtful_at:
            self._doubtful_at = (
                self._clock() + CONFIRM_SECONDS
            )  # also when RuleService is down: no storm of fetches
            self._fetch()
        if at_least is None or snapshot.revision.includes(at_least):
            return snapshot
        read_before = self._is_fetching
        snapshot = await self._wait(self._fetch_from_now())
        if read_before and not snapshot.revision.includes(at_least):
            snapshot = await self._wait(self._fetch())
        if not snapshot.revision.includes(at_least):
            raise RevisionUnknown(str(at_least), str(snapshot.revision))
        return snapshot

    def held(self) -> Held | None:
        """Returns what is known of the snapshot, if there is one."""
        if self._snapshot is None:
            return None
        now = self._clock()
        return Held(self._snapshot.revision, now - self._changed_at, self.confirmed_age, self.size)

    @property
    def confirmed_age(self) -> float:
        """Seconds since RuleService was asked for something newer, and had nothing."""
        return self._clock() - self._confirmed_at

    @property
    def writes_behind(self) -> int:
        """Writes that RuleService told of and the snapshot does not include; 0 while there is none."""
        if self._snapshot is None or self._heard is None or self._snapshot.revision.includes(self._heard):
            return 0
        return max(self._heard.number - self._snapshot.revision.number, 1)

    def in_use_since(self, time: float) -> bool:
        """Tells whether there is a snapshot, and it was asked for since: a use sets when it is doubtful next."""
        return self._snapshot is not None and self._doubtful_at - CONFIRM_SECONDS >= time

    def doubt(self) -> None:
        """Has the next use compare."""
        self._doubtful_at = 0.0

    def heard_of(self, revision: Revision) -> None:
        """Fetches, unless the snapshot is there already; the first one that is being fetched may have been read before."""
        if self._is_fetching if self._snapshot is None else self._snapshot.revision != revision:
            self._heard = revision
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
            async with asyncio.timeout(deadline.remaining(WAIT_SECONDS)):
                return await asyncio.shield(fetch)  # others may wait for it, too
        except (SourceUnavailable, TimeoutError) as error:
            raise RulesUnavailable(
                self._corp_id, str(error) or "RuleService did not answer in time"
            ) from None

    @property
    def _is_fetching(self) -> bool:
        return self._fetching is not None and not self._fetching.done()

    def _fetch(self) -> "asyncio.Task[Snapshot]":
        """Starts a fetch, or joins the one under way."""
        if self._fetching is None or self._fetching.done():
            self._again = False
            self._fetching = asyncio.create_task(self._fetch_once())
            self._fetching.add_done_callback(self._fetched)
        return self._fetching

    def _fetch_from_now(self) -> "asyncio.Task[Snapshot]":
        """Like `_fetch`, but what was written up to now comes: after the one under way, which may have read before, another follows.

        Each is waited for by itself: where edits never end, there is no last one.
        """
        if self._is_fetching:
            self._again = True
        return self._fetch()

    async def _fetch_once(self) -> Snapshot:
        asked_at, heard = self._clock(), self._heard
        fetched = await self._source.fetch(self._corp_id, self._revision, FETCH_SECONDS)
        changed = self._revision != fetched.revision
        self._work.fetches["whole" if fetched.reset else "changes" if changed else "nothing"] += 1
        if fetched.reset or changed:
            self._changed_at = self._clock()
        self._snapshot = snapshot = await self._apply(fetched)
        self._confirmed_at = asked_at
        if self._heard == heard:  # it is in the answer, or was lost with its history
            self._heard = None
        self._start_rebuild()
        await self._measure(snapshot, fetched.reset)
        self._doubtful_at = self._clock() + CONFIRM_SECONDS
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

    async def _measure(self, snapshot: Snapshot, is_new: bool) -> None:
        """Tells how much the snapshot takes, unless it was measured lately."""
        if self._retired or not (is_new or self._clock() >= self._measured_at + MEASURE_SECONDS):
            return
        self._measured_at = self._clock()
        large = sum(index.size for index in snapshot.indexes.values()) + len(snapshot.rules) > MOST_IN_LOOP
        size = await aside(partial(size_of, snapshot)) if large else size_of(snapshot)
        grown, self.size = size.memory - self.size.memory, size
        if not self._retired:  # meanwhile
            self._tell_measured(grown)

    def _start_rebuild(self) -> None:
        busy = self._rebuilding is not None and not self._rebuilding.done()
        if self._snapshot is not None and self._snapshot.outgrown and not busy and not self._retired:
            self._rebuilding = asyncio.create_task(self._rebuild())
            self._rebuilding.add_done_callback(self._rebuilt)

    async def _rebuild(self) -> None:
        """Builds until nothing wants it any more; edits go on meanwhile."""
        while self._snapshot is not None and (outgrown := self._snapshot.outgrown):
            started = self._clock()
            for name in outgrown:
                if (index := self._snapshot.index(name)) is not None:
                    begun = self._clock()
                    rebuilt = await aside(index.merged)
                    self._snapshot = self._snapshot.rebased(name, rebuilt)
                    self._work.rebuilds += 1
                    self._work.rebuild_seconds += self._clock() - begun
            await asyncio.sleep(REST * (self._clock() - started))

    def _rebuilt(self, task: "asyncio.Task[None]") -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            log().error("keyword index not rebuilt", corp_id=self._corp_id, exc_info=error)

    def _fetched(self, task: "asyncio.Task[Snapshot]") -> None:
        if task.cancelled():
            return
        if (error := task.exception()) is not None:
            self._work.fetches["failed"] += 1
            log().warning("rules not fetched", corp_id=self._corp_id, why=str(error))
        elif self._again and not self._retired:
            self._fetch()
