"""Where the parts of a corp's filter lie.

gg:blacklist:{corp}:revision                   hash    number, chain: the blacklist revision; added, removed: entries since the blob
gg:blacklist:{corp}:tail                       stream  <number>-0 → chain, digests, removed; see `tail`
gg:blacklist:{corp}:filter                     hash    header of the published blob; see `header`
gg:blacklist:{corp}:filter:<version>:<chunk>   string  a piece of the blob, from 0
gg:blacklist:{corp}:counts                     hash    list → customers on it; not there when all lists are empty

All of a corp lie in one slot of a cluster.
"""

from service_kit.keys import corp_key

NOTICES = "gg:blacklist:notices"
"""Channel on which every write of any corp is told: `<number> <corp_id>`."""
CHUNK_BYTES = 256 * 1024
"""Bytes of a piece of the blob; the last one is shorter."""


class FilterKeys:
    """The keys of one corp."""

    def __init__(self, corp_id: str) -> None:
        self._corp_id = corp_id

    def _key(self, *parts: str) -> str:
        return corp_key("blacklist", self._corp_id, *parts)

    @property
    def revision(self) -> str:
        return self._key("revision")

    @property
    def tail(self) -> str:
        return self._key("tail")

    @property
    def header(self) -> str:
        return self._key("filter")

    @property
    def counts(self) -> str:
        return self._key("counts")

    def chunks(self, version: int, length: int) -> list[str]:
        """Returns the keys of the pieces of a blob of `length` bytes."""
        count = -(-length // CHUNK_BYTES)
        return [self._key("filter", str(version), str(number)) for number in range(count)]
