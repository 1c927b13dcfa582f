"""How every write reaches Redis or Valkey: one script that knows its request_id."""

import hashlib
from collections.abc import Sequence
from typing import Any

import msgspec

from rule_service.redis_store.keys import RuleKeys
from rule_service.redis_store.reader import RedisReader
from service_kit.errors import RequestIdReused
from service_kit.redis_client import StoreClient
from service_kit.revision import Revision
from service_kit.scripts import Argument, Scripts
from service_kit.store_errors import ScriptRefused, store_errors
from service_kit.writes import Write

PLANS = 10
"""How often a write is planned anew because what it was planned on changed meanwhile."""


class RedisWriter(RedisReader):
    """Runs the scripts of `lua/`."""

    def __init__(self, client: StoreClient, replicas: int = 0) -> None:
        """Writes with a client; a write counts as done when so many replicas have it."""
        super().__init__(client)
        self._scripts = Scripts(client, "rule_service.redis_store", replicas)

    async def _write(
        self, script: str, write: Write, keys: Sequence[str], arguments: Sequence[Argument]
    ) -> tuple[Any, Revision]:
        """Runs a script that begins and ends as `lua/_commit.lua` says; returns its result and the revision."""
        corp = RuleKeys(write.corp_id)
        try:
            answer = await self._scripts.run(
                script,
                [corp.request(write.request_id), corp.meta, corp.log, *keys],
                [write.fingerprint, write.corp_id, *arguments],
                retry_once=True,
            )
        except ScriptRefused as refusal:
            if refusal.code == "REQUEST_ID_REUSED":
                raise RequestIdReused(write.request_id) from None
            raise
        return _decode(answer)

    async def _answered(self, write: Write) -> tuple[Any, Revision] | None:
        with store_errors():
            fingerprint, answer = await self._client.hmget(
                RuleKeys(write.corp_id).request(write.request_id), ["fingerprint", "answer"]
            )
        if fingerprint is None:
            return None
        if fingerprint.decode() != write.fingerprint:
            raise RequestIdReused(write.request_id)
        return _decode(answer)


def digest(records: Sequence[bytes | None]) -> str:
    """Sums up what the registry says of some groups, as `lua/_commit.lua` does."""
    return hashlib.sha1(b"\n".join(record or b"" for record in records), usedforsecurity=False).hexdigest()


def _decode(answer: bytes) -> tuple[Any, Revision]:
    decoded = msgspec.json.decode(answer)
    return decoded["result"], Revision.parse(decoded["token"])
