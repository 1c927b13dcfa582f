"""Adding, removing and finding entries."""

from collections.abc import Sequence
from typing import Any, TypeAlias

from blacklist_service.domain.entry import Addition, Blacklist, Entry, Query, Removal
from blacklist_service.redis_store.keys import BlacklistKeys
from blacklist_service.redis_store.records import (
    entry_record,
    origin_id,
    origin_json,
    read_entry,
    read_origin,
)
from blacklist_service.redis_store.writer import RedisWriter, as_limit, changed
from blacklist_service.store import Added, Removed
from service_kit.bloom import digests
from service_kit.errors import RevisionUnknown
from service_kit.revision import Revision
from service_kit.scripts import Argument
from service_kit.store_errors import ScriptRefused
from service_kit.writes import Write

_Place: TypeAlias = tuple[Blacklist, str]
"""A list and a customer who may be on it."""


class RedisEntries(RedisWriter):
    """See `blacklist_service.store.BlacklistStore`."""

    async def add(self, write: Write, addition: Addition) -> Added:
        blacklist, most = addition.blacklist, self._limits.of(addition.blacklist.kind)
        ids, id = addition.external_userids, origin_id(addition.origin)
        record = entry_record(id, addition.added_at, addition.expires_at)
        arguments: list[Argument] = [
            most,
            id,
            origin_json(addition.origin),
            record,
            digests(blacklist.owner_userid, ids),
            *ids,
        ]
        while True:
            try:
                answer = await self._write("add_entries", write, blacklist, ids, arguments)
                return Added(_flags(answer), answer["count"], answer["limit"], **changed(answer))
            except ScriptRefused as refusal:
                if refusal.code != "LIMIT":
                    raise
                if not refusal.details["due"]:
                    raise as_limit(refusal, write.corp_id, blacklist, most) from None
                await self._sweep(write.corp_id, blacklist, refusal.details["due"])

    async def remove(self, write: Write, removal: Removal) -> Removed:
        ids = removal.external_userids
        answer = await self._write("remove_entries", write, removal.blacklist, ids, ids)
        return Removed(_flags(answer), answer["count"], **changed(answer))

    async def find(
        self, corp_id: str, queries: Sequence[Query], at_least: Revision | None = None
    ) -> list[tuple[Entry, ...]]:
        # A batch of messages names the same senders again and again: each place is looked at once.
        places = dict.fromkeys(
            (blacklist, query.external_userid) for query in queries for blacklist in query.blacklists
        )
        found = await self._find(corp_id, list(places), at_least) if places else {}
        return [
            tuple(
                found[place]
                for blacklist in query.blacklists
                if (place := (blacklist, query.external_userid)) in found
            )
            for query in queries
        ]

    async def _find(
        self, corp_id: str, places: Sequence[_Place], at_least: Revision | None
    ) -> dict[_Place, Entry]:
        keys = BlacklistKeys(corp_id)
        hits, written, number, chain = await self._scripts.run(
            "find_entries",
            [keys.origins, keys.revision, *(keys.bucket(*place) for place in places)],
            [id for _, id in places],
        )
        revision = Revision(number, chain.decode())
        if at_least is not None and not revision.includes(at_least):
            raise RevisionUnknown(str(at_least), str(revision))
        reading, found = EntryReader(written, self._clock()), {}
        for index, record in zip(hits[::2], hits[1::2], strict=True):
            blacklist, external_userid = place = places[index]
            if (entry := reading.entry(blacklist, external_userid, record)) is not None:
                found[place] = entry
        return found


class EntryReader:
    """Reads entries whose origins came along with them."""

    def __init__(self, origins: Sequence[bytes], now: float) -> None:
        """Takes ids and texts of origins by turns, and the time by which entries expire."""
        self._origins = {id: read_origin(json) for id, json in zip(origins[::2], origins[1::2], strict=True)}
        self._now = now

    def entry(self, blacklist: Blacklist, external_userid: str, record: bytes) -> Entry | None:
        """Returns an entry, or None if it has expired."""
        id, added_at, expires_at = read_entry(record)
        if expires_at is not None and expires_at <= self._now:
            return None
        return Entry(external_userid, blacklist, self._origins[id], added_at, expires_at)


def _flags(answer: dict[str, Any]) -> tuple[bool, ...]:
    return tuple(flag == "1" for flag in answer["outcomes"])
