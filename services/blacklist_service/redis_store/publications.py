"""Publishing a corp's filter: by one replica at a time, and so that nobody reads half of it."""

import time
from collections.abc import AsyncIterator, Callable
from typing import Any

from blacklist_service.domain.entry import Blacklist
from blacklist_service.publishing import LeaseLost, Publication
from blacklist_service.redis_store.keys import BlacklistKeys, list_of
from blacklist_service.redis_store.lists import read_header, steps
from service_kit.bloom import CHUNK_BYTES, Header
from service_kit.redis_client import StoreClient
from service_kit.revision import Revision
from service_kit.scripts import Argument, Scripts
from service_kit.store_errors import ScriptRefused, store_errors

_LEASE_MS = 30_000
"""How long a replica that has died keeps others from publishing."""
_PIECE_SECONDS = 600
"""How long pieces stay that nobody publishes."""
_OLD_PIECE_SECONDS = 60
"""How long followers have to read on in a blob that was replaced."""


class RedisPublications:
    """See `blacklist_service.publishing.Publications`."""

    def __init__(self, client: StoreClient, clock: Callable[[], float] = time.time) -> None:
        """Publishes in a store; `clock` gives seconds since 1970."""
        self._client = client
        self._scripts = Scripts(client, "blacklist_service.redis_store")
        self._clock = clock

    async def published(self, corp_id: str) -> Header | None:
        commands: Any = self._client  # redis-py types every answer as a union over all of its modes
        with store_errors():
            fields: dict[bytes, bytes] = await commands.hgetall(BlacklistKeys(corp_id).header)
        return read_header([part for pair in fields.items() for part in pair])

    async def begin(self, corp_id: str, holder: str) -> Publication | None:
        keys = BlacklistKeys(corp_id)
        answer = await self._scripts.run(
            "begin_publishing",
            [keys.lease, keys.version, keys.revision, keys.header, keys.counts],
            [holder, _LEASE_MS],
        )
        if answer is None:
            return None
        version, number, chain, added, removed, replaced, replaced_bytes, counts = answer
        return Publication(
            corp_id=corp_id,
            holder=holder,
            version=version,
            revision=Revision(number, chain.decode()),
            counts={
                list_of(list_): int(count) for list_, count in zip(counts[::2], counts[1::2], strict=True)
            },
            added=added,
            removed=removed,
            replaced=replaced,
            replaced_bytes=replaced_bytes,
        )

    async def customers(self, publication: Publication, blacklist: Blacklist) -> AsyncIterator[list[str]]:
        keys = BlacklistKeys(publication.corp_id)
        for numbers in steps(blacklist, publication.counts[blacklist]):
            text = await self._scripts.run("read_customers", keys.buckets(blacklist, numbers))
            yield text.decode().split("\n") if text else []

    async def extend(self, publication: Publication) -> None:
        await self._as_holder("extend_lease", publication, [], [_LEASE_MS])

    async def publish(self, publication: Publication, header: Header, blob: bytes | bytearray) -> None:
        keys = BlacklistKeys(publication.corp_id)
        pieces = keys.chunks(header.version, len(blob))
        with memoryview(blob) as whole:
            for number, piece in enumerate(pieces):
                part = bytes(whole[number * CHUNK_BYTES : (number + 1) * CHUNK_BYTES])
                with store_errors():
                    await self._client.set(piece, part, ex=_PIECE_SECONDS)
        old = keys.chunks(publication.replaced, publication.replaced_bytes) if publication.replaced else []
        await self._as_holder(
            "publish_filter",
            publication,
            [keys.revision, keys.tail, keys.header, *pieces, *old],
            [
                *(publication.corp_id, len(pieces), _OLD_PIECE_SECONDS, publication.replaced),
                *(publication.added, publication.removed, *header.fields()),
            ],
        )

    async def end(self, corp_id: str, holder: str) -> None:
        await self._scripts.run("end_lease", [BlacklistKeys(corp_id).lease], [holder])

    async def _as_holder(
        self, script: str, publication: Publication, keys: list[str], arguments: list[Argument]
    ) -> Any:
        lease = BlacklistKeys(publication.corp_id).lease
        try:
            return await self._scripts.run(script, [lease, *keys], [publication.holder, *arguments])
        except ScriptRefused as refusal:
            if refusal.code == "LEASE_LOST":
                raise LeaseLost(publication.corp_id) from None
            raise
