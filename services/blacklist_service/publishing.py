"""Publishes corps' filters: when a write finds that one is due, and when somebody asks for it.

Only one replica publishes a corp's filter at a time. One that loses its lease meanwhile, because it was held up for long, can
publish nothing any more: what another has published since stays.
"""

import asyncio
import os
import time
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from blacklist_service.domain.entry import Blacklist
from service_kit.bloom import DIGEST_BYTES, Bits, Header, Shape, capacity_for, checksum, digests
from service_kit.ending import finished
from service_kit.request_log import log
from service_kit.revision import Revision
from service_kit.store_errors import StoreUnavailable

_REST = 3
"""After publishing a filter for some time, a corp rests for this many times as long: an import makes a filter due again and again."""
_EXTEND_SECONDS = 5.0
_WAIT_SECONDS = 0.2
"""Between two attempts at a lease that another replica holds."""
_SAMPLE = 50_000
"""Random digests that tell how often a filter is mistaken."""


class LeaseLost(Exception):
    """Another replica publishes the corp's filter."""


@dataclass(frozen=True, slots=True)
class Publication:
    """A publication under way."""

    corp_id: str
    holder: str
    """Who holds the lease."""
    version: int
    """Of the filter to be published; higher than all before."""
    revision: Revision
    """Everything up to here must be in it."""
    counts: Mapping[Blacklist, int]
    """Entries on each list."""
    added: int
    removed: int
    """Entries that were added and removed since the filter that is replaced."""
    replaced: int
    """Version of that; 0 if there is none."""
    replaced_bytes: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a filter is."""

    done: int
    """Entries that are in it."""
    total: int
    """Entries that there were when it was begun."""
    header: Header | None = None
    """What was published, at the end."""


@dataclass(slots=True)
class Published:
    """What this process published since it began."""

    filters: int = 0
    entries: int = 0
    bytes: int = 0
    seconds: float = 0.0
    fill: float = 0.0
    """Of the newest: its share of the entries that it was made for."""
    mistaken: float = 0.0
    """Of the newest: the share of random customers that it would call listed."""

    def add(self, header: Header, seconds: float) -> None:
        """Counts one more."""
        self.filters += 1
        self.entries += header.entries
        self.bytes += header.shape.bytes
        self.seconds += seconds
        self.fill = header.entries / header.capacity
        self.mistaken = header.observed


class Publications(Protocol):
    """Where filters are published."""

    async def published(self, corp_id: str) -> Header | None:
        """Returns what is published; None if it is nothing, or nothing that can be read."""

    async def begin(self, corp_id: str, holder: str) -> Publication | None:
        """Takes the lease; None if another holds it."""

    def customers(self, publication: Publication, blacklist: Blacklist) -> AsyncIterator[list[str]]:
        """Yields the customers on a list, some at once: all whose entries were there when the publication began."""

    async def extend(self, publication: Publication) -> None:
        """Keeps the lease; raises LeaseLost if it is lost."""

    async def publish(self, publication: Publication, header: Header, blob: bytes | bytearray) -> None:
        """Puts a filter in the place of the published one; raises LeaseLost if another may have been faster."""

    async def end(self, corp_id: str, holder: str) -> None:
        """Gives the lease back, if the holder has it."""


class Publisher:
    """Publishes filters of any corps."""

    def __init__(self, publications: Publications, clock: Callable[[], float] = time.time) -> None:
        """Publishes; `clock` gives seconds since 1970."""
        self._publications = publications
        self._clock = clock
        self._at_work: dict[str, asyncio.Task[None]] = {}
        self._due_again: set[str] = set()
        self._leases: dict[str, asyncio.Event] = {}
        """By holder, leases that are held or asked for; the event tells that one is given back."""
        self.published = Published()

    def consider(self, corp_id: str, due: bool) -> None:
        """Publishes a corp's filter in the background if it is due."""
        if due and corp_id in self._at_work:
            self._due_again.add(corp_id)
        elif due:
            self._at_work[corp_id] = task = asyncio.create_task(self._publish(corp_id))
            task.add_done_callback(partial(self._ended, corp_id))

    def _ended(self, corp_id: str, task: "asyncio.Task[None]") -> None:
        del self._at_work[corp_id]
        if not task.cancelled() and (error := task.exception()) is not None:
            log().error("filter not published", corp_id=corp_id, exc_info=error)

    async def close(self) -> None:
        """Ends what is under way in the background, and waits for what callers have given up."""
        tasks = list(self._at_work.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for returned in list(self._leases.values()):
            await returned.wait()

    async def rebuild(self, corp_id: str) -> AsyncGenerator[Progress, None]:
        """Publishes a corp's filter now, unless another replica is just publishing it: then it waits for that.

        It ends with what was published, or earlier where another replica took over, since this one was held up for long.
        """
        before = await self._publications.published(corp_id)
        async with self._leasing(corp_id) as begin:
            while (publication := await begin()) is None:
                await asyncio.sleep(_WAIT_SECONDS)
                now = await self._publications.published(corp_id)
                if now is not None and now != before:
                    yield Progress(now.entries, now.entries, now)
                    return
            async with aclosing(self._build(publication)) as building:
                try:
                    async for progress in building:
                        yield progress
                except LeaseLost:
                    log().warning("filter not published", corp_id=corp_id, why="the lease is lost")

    async def _publish(self, corp_id: str) -> None:
        again = True
        while again:
            self._due_again.discard(corp_id)
            begun = time.monotonic()
            try:
                async with self._leasing(corp_id) as begin:
                    if (publication := await begin()) is not None:
                        async for _ in self._build(publication):
                            pass
            except (LeaseLost, StoreUnavailable) as error:
                log().warning("filter not published", corp_id=corp_id, why=str(error) or "the lease is lost")
            await asyncio.sleep(max(_WAIT_SECONDS, _REST * (time.monotonic() - begun)))
            again = corp_id in self._due_again

    @asynccontextmanager
    async def _leasing(self, corp_id: str) -> AsyncIterator[Callable[[], Awaitable[Publication | None]]]:
        """Yields what takes the lease; gives it back at the end, also where a caller gave up while it was being taken."""
        holder = str(uuid.uuid4())
        returned = self._leases[holder] = asyncio.Event()
        try:
            yield lambda: finished(self._publications.begin(corp_id, holder))
        finally:
            try:
                await finished(self._publications.end(corp_id, holder))
            finally:
                del self._leases[holder]
                returned.set()

    async def _build(self, publication: Publication) -> AsyncGenerator[Progress, None]:
        begun = extended = time.monotonic()
        total, done = sum(publication.counts.values()), 0
        capacity = capacity_for(total)
        bits = Bits.empty(Shape.of(capacity))
        for blacklist in publication.counts:
            async for customers in self._publications.customers(publication, blacklist):
                bits.add(digests(blacklist.owner_userid, customers))
                done += len(customers)
                if time.monotonic() > extended + _EXTEND_SECONDS:
                    await self._publications.extend(publication)
                    extended = time.monotonic()
                yield Progress(done, total)
        header = self._header(publication, bits, capacity, done)
        await self._publications.publish(publication, header, bits.blob)
        self.published.add(header, time.monotonic() - begun)
        log().info("filter published", corp_id=publication.corp_id, entries=done, bytes=bits.shape.bytes)
        yield Progress(done, total, header)

    def _header(self, publication: Publication, bits: Bits, capacity: int, entries: int) -> Header:
        return Header(
            version=publication.version,
            revision=publication.revision,
            shape=bits.shape,
            capacity=capacity,
            entries=entries,
            checksum=checksum(bits.blob),
            published_at=self._clock(),
            observed=bits.count(os.urandom(_SAMPLE * DIGEST_BYTES)) / _SAMPLE,
        )
