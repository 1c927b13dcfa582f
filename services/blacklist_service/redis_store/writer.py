"""How every write reaches the store."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from blacklist_service.domain.entry import Blacklist, ListKind
from blacklist_service.domain.limits import WECOM_LIMITS, Limits
from blacklist_service.redis_store.keys import BlacklistKeys, count_field, list_of
from blacklist_service.redis_store.records import microseconds
from service_kit.errors import LimitExceeded, PassedLimit, RequestIdReused
from service_kit.redis_client import StoreClient
from service_kit.revision import Revision
from service_kit.scripts import Argument, Scripts
from service_kit.store_errors import ScriptRefused, store_errors
from service_kit.writes import Write


class RedisWriter:
    """Runs the scripts of `lua/` that begin as `lua/_entries.lua` says."""

    def __init__(
        self,
        client: StoreClient,
        limits: Limits = WECOM_LIMITS,
        clock: Callable[[], float] = time.time,
        replicas: int = 0,
    ) -> None:
        """Makes the store; a list that is beyond its limit already stays as it is and takes nobody new.

        Args:
            client: where the lists are.
            limits: how many customers lists can hold.
            clock: gives seconds since 1970, by which entries expire.
            replicas: how many replicas must have a write before it counts as done.
        """
        self._client = client
        self._scripts = Scripts(client, "blacklist_service.redis_store", replicas)
        self._limits = limits
        self._clock = clock

    async def lists(self, corp_id: str) -> dict[Blacklist, int]:
        commands: Any = self._client  # redis-py types every answer as a union over all of its modes
        with store_errors():
            counts: Mapping[bytes, bytes] = await commands.hgetall(BlacklistKeys(corp_id).counts)
        found = {list_of(field): int(count) for field, count in counts.items()}
        return dict(sorted(found.items(), key=lambda item: (item[0].kind.value, item[0].owner_userid)))

    async def _write(
        self,
        script: str,
        write: Write,
        blacklist: Blacklist,
        ids: Sequence[str],
        arguments: Sequence[Argument],
    ) -> dict[str, Any]:
        """Runs a script that knows its request_id, as `lua/_request.lua` says; returns its answer."""
        keys = BlacklistKeys(write.corp_id)
        buckets = keys.buckets_with(blacklist, ids)
        request = (keys.request(write.request_id), write.fingerprint)
        try:
            answer = await self._change(script, write.corp_id, blacklist, buckets, arguments, request)
        except ScriptRefused as refusal:
            if refusal.code == "REQUEST_ID_REUSED":
                raise RequestIdReused(write.request_id) from None
            raise
        decoded: dict[str, Any] = msgspec.json.decode(answer)
        return decoded

    async def _change(
        self,
        script: str,
        corp_id: str,
        blacklist: Blacklist,
        more_keys: Sequence[str],
        arguments: Sequence[Argument] = (),
        request: tuple[str, str] | None = None,
    ) -> Any:
        keys = BlacklistKeys(corp_id)
        request_key, fingerprint = request or (
            keys.counts,
            "",
        )  # a script that needs none does not look at it
        return await self._scripts.run(
            script,
            [
                *(request_key, keys.revision, keys.tail, keys.header, keys.counts),
                *(keys.origins, keys.origin_uses, keys.expiries(blacklist), *more_keys),
            ],
            [fingerprint, corp_id, count_field(blacklist), microseconds(self._clock()), *arguments],
            retry_once=True,
        )

    async def _sweep(self, corp_id: str, blacklist: Blacklist, due: Sequence[str | bytes]) -> int:
        """Frees the places of entries in these buckets that have expired; returns the customers on the list."""
        buckets = BlacklistKeys(corp_id).buckets(blacklist, map(int, due))
        return int(await self._change("sweep_buckets", corp_id, blacklist, buckets))


def changed(answer: Mapping[str, Any], due: str = "due") -> dict[str, Any]:
    """Returns the fields that every answer to a write has."""
    return {"revision": Revision.parse(answer["token"]), "filter_due": bool(answer[due])}


def as_limit(refusal: ScriptRefused, corp_id: str, blacklist: Blacklist, most: int) -> LimitExceeded:
    """Returns what a refusal for want of room means."""
    subject, what = f"corp {corp_id}", "customers on the enterprise blacklist"
    if blacklist.kind is ListKind.PERSONAL:
        subject, what = f"{subject}, member {blacklist.owner_userid}", "customers on a personal blacklist"
    return LimitExceeded(
        [PassedLimit(subject, what, most, refusal.details["current"], refusal.details["asked"])]
    )
