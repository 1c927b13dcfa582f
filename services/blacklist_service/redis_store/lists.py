"""Reading whole lists, and taking off what one source put on them."""

from collections.abc import AsyncIterator, Iterator

from blacklist_service.domain.buckets import BUCKETS, buckets_at_once
from blacklist_service.domain.entry import Blacklist, Entry, Source, SourceKind
from blacklist_service.redis_store.entries import EntryReader
from blacklist_service.redis_store.imports import RedisImports
from blacklist_service.redis_store.keys import BlacklistKeys, count_field
from blacklist_service.redis_store.records import microseconds, source_id
from blacklist_service.store import ListState, Place, RemovedSome
from service_kit.bloom import Header
from service_kit.revision import Revision
from service_kit.store_errors import store_errors

_AT_ONCE = 1_000
"""About how many entries one script reads or looks through."""


class RedisLists(RedisImports):
    """See `blacklist_service.store.BlacklistStore`."""

    async def page(self, corp_id: str, blacklist: Blacklist, after: Place, size: int) -> list[Entry]:
        found: list[Entry] = []
        bucket, behind = after
        count = (await self.lists(corp_id)).get(blacklist, 0)
        for numbers in steps(blacklist, count, bucket, min(size, _AT_ONCE)):
            entries = await self._read(corp_id, blacklist, numbers, (bucket, behind))
            found += entries
            if len(found) >= size:
                break
        return found[:size]

    async def export(self, corp_id: str, blacklist: Blacklist) -> AsyncIterator[list[Entry]]:
        count = (await self.lists(corp_id)).get(blacklist, 0)
        for numbers in steps(blacklist, count):
            if entries := await self._read(corp_id, blacklist, numbers, (0, "")):
                yield entries

    async def _read(self, corp_id: str, blacklist: Blacklist, numbers: range, after: Place) -> list[Entry]:
        """Returns the entries of buckets that are behind a place, sorted within each bucket."""
        keys = BlacklistKeys(corp_id)
        buckets, origins = await self._scripts.run(
            "read_buckets", [keys.origins, *keys.buckets(blacklist, numbers)]
        )
        reading, found = EntryReader(origins, self._clock()), []
        for number, flat in zip(numbers, buckets, strict=True):
            for customer, record in sorted(zip(flat[::2], flat[1::2], strict=True)):
                id = customer.decode()
                if (number, id) > after and (entry := reading.entry(blacklist, id, record)) is not None:
                    found.append(entry)
        return found

    async def remove_by_source(
        self, corp_id: str, source: Source, blacklist: Blacklist | None
    ) -> AsyncIterator[RemovedSome]:
        keys, done = BlacklistKeys(corp_id), 0
        counts = await self.lists(corp_id)
        if blacklist is not None:
            counts = {blacklist: counts.get(blacklist, 0)}
        total = sum(counts.values())
        for each, count in counts.items():
            for numbers in steps(each, count):
                removed, token, due = await self._change(
                    "remove_by_source", corp_id, each, keys.buckets(each, numbers), [source_id(source)]
                )
                looked_through = done + count * numbers.stop // BUCKETS[each.kind]
                yield RemovedSome(
                    *(each, removed, looked_through, total),
                    revision=Revision.parse(token.decode()),
                    filter_due=bool(due),
                )
            done += count
        if source.kind is SourceKind.IMPORT:
            with store_errors():
                await self._client.delete(keys.account(source.id))

    async def state(self, corp_id: str, blacklist: Blacklist) -> ListState:
        keys = BlacklistKeys(corp_id)
        while True:
            count, number, chain, added, removed, records, fields, due = await self._scripts.run(
                "read_state",
                [keys.revision, keys.tail, keys.header, keys.counts, keys.expiries(blacklist)],
                [count_field(blacklist), microseconds(self._clock())],
            )
            if not due:
                break
            await self._sweep(corp_id, blacklist, due)
        return ListState(
            count=count,
            limit=self._limits.of(blacklist.kind),
            revision=Revision(number, chain.decode()),
            header=read_header(fields),
            tail_records=records,
            added=added,
            removed=removed,
        )


def steps(blacklist: Blacklist, count: int, first: int = 0, entries: int = _AT_ONCE) -> Iterator[range]:
    """Yields the numbers of a list's buckets, at once so many as hold about so many entries."""
    at_once, end = buckets_at_once(blacklist.kind, count, entries), BUCKETS[blacklist.kind]
    for begin in range(first, end, at_once):
        yield range(begin, min(begin + at_once, end))


def read_header(flat: list[bytes]) -> Header | None:
    """Reads a header as a script gives it; None if there is none, or none that can be read."""
    try:
        return Header.read(dict(zip(flat[::2], flat[1::2], strict=True)))
    except (KeyError, ValueError):
        return None
