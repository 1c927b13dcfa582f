"""The corps whose rules are in memory: loaded on first use, kept up to date, dropped when others need the room."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable

from filter_service.corp import Corp, Held, Work
from filter_service.domain.snapshot import Snapshot
from filter_service.rule_source import RuleSource, SourceUnavailable
from service_kit.request_log import log
from service_kit.revision import Revision

RECONNECT_SECONDS = 0.2
IN_USE_SECONDS = 10.0
"""A corp that was not asked for within it is not in use: that nobody confirms it is no wonder."""
MEMORY = 1024 * 2**20
"""Bytes that all snapshots may take together; beyond it the corps go that were not asked for longest."""


class Corps:
    """Snapshots by corp."""

    def __init__(self, source: RuleSource, clock: Callable[[], float], memory: int = MEMORY) -> None:
        """Starts empty.

        Args:
            source: tells the rules.
            clock: gives seconds that only ever grow.
            memory: bytes that all snapshots may take together. The one in use stays, however large it is.
        """
        self._source = source
        self._clock = clock
        self._most_memory = memory
        self._corps: OrderedDict[str, Corp] = OrderedDict()
        self.memory = 0
        """Bytes that all snapshots take, estimated."""
        self.work = Work()
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
            corp = self._corps[corp_id] = Corp(corp_id, self._source, self._clock, self._measured, self.work)
            self._measured(corp.size.memory)
        self._corps.move_to_end(corp_id)
        return await corp.current(at_least)

    def held(self, corp_id: str) -> Held | None:
        """Returns what is known of a corp's snapshot, if it is in memory; this is no use of it."""
        corp = self._corps.get(corp_id)
        return corp.held() if corp else None

    @property
    def count(self) -> int:
        """Corps in memory."""
        return len(self._corps)

    @property
    def most_memory(self) -> int:
        """Bytes that all snapshots may take."""
        return self._most_memory

    @property
    def patterns(self) -> int:
        """Patterns in all indexes, as they were measured last."""
        return sum(corp.size.patterns for corp in self._corps.values())

    def oldest_confirmed(self) -> float:
        """Returns the seconds since RuleService last confirmed the corp that waits for that longest, of those in use."""
        since = self._clock() - IN_USE_SECONDS
        return max(
            (corp.confirmed_age for corp in self._corps.values() if corp.in_use_since(since)), default=0.0
        )

    def most_behind(self) -> int:
        """Returns the writes that the corp lacks which is furthest behind what RuleService told."""
        return max((corp.writes_behind for corp in self._corps.values()), default=0)

    def _measured(self, grown: int) -> None:
        """Notes that a corp takes more memory, or less, and makes room for it."""
        self.memory += grown
        while self.memory > self._most_memory and len(self._corps) > 1:
            corp_id, corp = self._corps.popitem(last=False)
            self.memory -= corp.size.memory
            corp.retire()
            self.work.dropped += 1
            log().info("snapshot dropped", corp_id=corp_id, memory=corp.size.memory)

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
