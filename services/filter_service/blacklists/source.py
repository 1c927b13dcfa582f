"""Where copies of filters come from: what BlacklistService publishes in the durable store."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Final, Protocol

from service_kit.bloom import (
    CHUNK_BYTES,
    FIRST_CAPACITY,
    NOTICES,
    Bits,
    FilterKeys,
    Header,
    Record,
    Shape,
    checksum,
    read_records,
)
from service_kit.redis_client import StoreClient
from service_kit.revision import NO_RULES, Revision
from service_kit.scripts import Scripts
from service_kit.store_errors import StoreUnavailable, store_errors

_FIRST: Final = Shape.of(FIRST_CAPACITY)
_NOBODY: Final = bytes(_FIRST.bytes)
"""Most corps list nobody: one filter for all of them, until they do."""
_SILENT_SECONDS: Final = 1.0
"""After so long without a notice the connection is tried; after twice as long it counts as lost."""


class FilterMissing(Exception):
    """There is no filter that says what the lists say: none was published, or it is lost, damaged, or of another history."""


class FilterTooLarge(Exception):
    """There is no room for the filter."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A filter as it was published."""

    version: int
    """0 for the empty filter of a corp that has none published."""
    revision: Revision
    """Everything up to here is in it."""
    bits: Bits


@dataclass(frozen=True, slots=True)
class Tail:
    """What was written behind a revision."""

    revision: Revision
    """Where the corp's lists are."""
    version: int
    """Of the filter that is published now; 0 for none."""
    records: list[Record]
    """The first ones, in order."""


class FilterSource(Protocol):
    """Gives filters, and what became of them.

    Every method raises StoreUnavailable when the store does not answer.
    """

    async def load(self, corp_id: str, most_bytes: int) -> Loaded:
        """Returns a corp's filter, whole.

        Raises:
            FilterMissing: there is none, or only a part of one.
            FilterTooLarge: it takes more bytes than that.
        """

    async def tail(self, corp_id: str, after: Revision, most: int) -> Tail:
        """Returns what was written behind a revision, at most so many records.

        Raises:
            FilterMissing: the tail is damaged.
        """

    def notices(self) -> AsyncIterator[str | None]:
        """Yields corps whose lists or filter changed.

        First, and then at least every two seconds, it yields None: nothing was missed since the last one.
        """


class RedisFilterSource:
    """See `FilterSource`."""

    def __init__(self, client: StoreClient) -> None:
        self._client = client
        self._scripts = Scripts(client, "service_kit.bloom")

    async def load(self, corp_id: str, most_bytes: int) -> Loaded:
        keys = FilterKeys(corp_id)
        number, _, listed, fields = await self._scripts.run(
            "read_head", [keys.revision, keys.header, keys.counts]
        )
        if not fields:
            if listed and not number:
                raise FilterMissing("there are entries, and no trace of their additions")
            return Loaded(0, NO_RULES, Bits(_FIRST, _NOBODY))
        try:
            header = Header.read(dict(zip(fields[::2], fields[1::2], strict=True)))
        except (KeyError, ValueError):
            raise FilterMissing("its header can't be read") from None
        if header.shape.bytes > most_bytes:
            raise FilterTooLarge(f"{header.shape.bytes} bytes")
        blob = await self._blob(keys, header)
        if checksum(blob) != header.checksum:
            raise FilterMissing("it is damaged")
        return Loaded(header.version, header.revision, Bits(header.shape, blob))

    async def _blob(self, keys: FilterKeys, header: Header) -> bytearray:
        blob = bytearray(header.shape.bytes)
        for number, key in enumerate(keys.chunks(header.version, len(blob))):
            begin = number * CHUNK_BYTES
            end = min(begin + CHUNK_BYTES, len(blob))
            with store_errors():
                piece: Any = await self._client.get(key)
            if piece is None or len(piece) != end - begin:
                raise FilterMissing("a piece of it is missing")
            blob[begin:end] = piece
        return blob

    async def tail(self, corp_id: str, after: Revision, most: int) -> Tail:
        keys = FilterKeys(corp_id)
        number, chain, version, records = await self._scripts.run(
            "read_tail", [keys.revision, keys.tail, keys.header], [after.number, most]
        )
        try:
            return Tail(Revision(number, chain.decode()), version, list(read_records(records)))
        except (KeyError, ValueError):
            raise FilterMissing("its tail can't be read") from None

    async def notices(self) -> AsyncIterator[str | None]:
        with store_errors():
            if hasattr(self._client, "initialize"):
                await self._client.initialize()
            async with self._client.pubsub() as channel:
                await channel.subscribe(NOTICES)
                asked = True  # the answer to the subscription comes first
                while True:
                    heard = await channel.get_message(timeout=_SILENT_SECONDS)
                    if heard is None and asked:
                        raise StoreUnavailable("the store has fallen silent")
                    asked = heard is None
                    if heard is None:
                        await channel.ping()
                    elif heard["type"] == "message":
                        yield heard["data"].decode().partition(" ")[2]
                    else:
                        yield None
