"""BlacklistStore on Redis or Valkey: one Lua script a method."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import msgspec

from blacklist_service.blacklist_keys import BlacklistKeys, count_field
from blacklist_service.domain.entry import Addition, Blacklist, Entry, ListKind, Query, Removal
from blacklist_service.domain.limits import WECOM_LIMITS, Limits
from blacklist_service.records import entry_record, origin_id, origin_json, read_entry, read_origin
from blacklist_service.store import Added, Removed
from service_kit.errors import LimitExceeded, PassedLimit, RequestIdReused
from service_kit.redis_client import StoreClient
from service_kit.scripts import Argument, Scripts
from service_kit.store_errors import ScriptRefused
from service_kit.writes import Write

_Place: TypeAlias = tuple[Blacklist, str]
"""A list and a customer who may be on it."""


class RedisBlacklistStore:
    """See `blacklist_service.store.BlacklistStore`."""

    def __init__(self, client: StoreClient, limits: Limits = WECOM_LIMITS) -> None:
        """Makes the store; a list that is beyond its limit already stays as it is and takes nobody new."""
        self._scripts = Scripts(client, "blacklist_service")
        self._limits = limits

    async def add(self, write: Write, addition: Addition) -> Added:
        blacklist, most = addition.blacklist, self._limits.of(addition.blacklist.kind)
        written = origin_json(addition.origin)
        id = origin_id(written)
        try:
            answer = await self._write(
                "add_entries",
                write,
                blacklist,
                addition.external_userids,
                [most, id, written, entry_record(id, addition.added_at)],
            )
        except ScriptRefused as refusal:
            raise _as_limit(refusal, write.corp_id, blacklist, most) from None
        return Added(_flags(answer), answer["count"], answer["limit"])

    async def remove(self, write: Write, removal: Removal) -> Removed:
        answer = await self._write("remove_entries", write, removal.blacklist, removal.external_userids)
        return Removed(_flags(answer), answer["count"])

    async def find(self, corp_id: str, queries: Sequence[Query]) -> list[tuple[Entry, ...]]:
        # A batch of messages names the same senders again and again: each place is looked at once.
        places = dict.fromkeys(
            (blacklist, query.external_userid) for query in queries for blacklist in query.blacklists
        )
        found = await self._find(BlacklistKeys(corp_id), list(places)) if places else {}
        return [
            tuple(
                found[place]
                for blacklist in query.blacklists
                if (place := (blacklist, query.external_userid)) in found
            )
            for query in queries
        ]

    async def _find(self, keys: BlacklistKeys, places: Sequence[_Place]) -> dict[_Place, Entry]:
        hits, written = await self._scripts.run(
            "find_entries",
            [keys.origins, *(keys.bucket(*place) for place in places)],
            [external_userid for _, external_userid in places],
            retry_once=True,
        )
        origins = {id: read_origin(json) for id, json in zip(written[::2], written[1::2], strict=True)}
        found = {}
        for index, record in zip(hits[::2], hits[1::2], strict=True):
            blacklist, external_userid = place = places[index]
            id, added_at = read_entry(record)
            found[place] = Entry(external_userid, blacklist, origins[id], added_at)
        return found

    async def _write(
        self,
        script: str,
        write: Write,
        blacklist: Blacklist,
        external_userids: Sequence[str],
        arguments: Sequence[Argument] = (),
    ) -> dict[str, Any]:
        """Runs a script that begins and ends as `lua/_request.lua` says; returns its answer."""
        keys = BlacklistKeys(write.corp_id)
        try:
            answer = await self._scripts.run(
                script,
                [
                    keys.request(write.request_id),
                    keys.counts,
                    keys.origins,
                    keys.origin_uses,
                    *(keys.bucket(blacklist, id) for id in external_userids),
                ],
                [write.fingerprint, count_field(blacklist), *arguments, *external_userids],
                retry_once=True,
            )
        except ScriptRefused as refusal:
            if refusal.code == "REQUEST_ID_REUSED":
                raise RequestIdReused(write.request_id) from None
            raise
        decoded: dict[str, Any] = msgspec.json.decode(answer)
        return decoded


def _flags(answer: dict[str, Any]) -> tuple[bool, ...]:
    return tuple(flag == "1" for flag in answer["outcomes"])


def _as_limit(refusal: ScriptRefused, corp_id: str, blacklist: Blacklist, most: int) -> Exception:
    if refusal.code != "LIMIT":
        return refusal
    subject, what = f"corp {corp_id}", "customers on the enterprise blacklist"
    if blacklist.kind is ListKind.PERSONAL:
        subject, what = f"{subject}, member {blacklist.owner_userid}", "customers on a personal blacklist"
    return LimitExceeded(
        [PassedLimit(subject, what, most, refusal.details["current"], refusal.details["asked"])]
    )
