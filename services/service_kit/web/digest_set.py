"""Sets of texts that take 16 bytes each, whatever the texts' length."""

from bisect import bisect_left
from collections.abc import Iterable
from hashlib import blake2b

_BYTES = 16
"""Of a digest: two of a million million texts share one with a probability of 10⁻¹⁵."""


class DigestSet:
    """Texts as sorted digests in one bytes object: nothing in it is an object of its own."""

    __slots__ = ("_digests",)

    def __init__(self, texts: Iterable[str]) -> None:
        self._digests = b"".join(sorted({_digest(text) for text in texts}))

    def __contains__(self, text: str) -> bool:
        digest = _digest(text)
        place = bisect_left(range(len(self)), digest, key=self._at)
        return self._at(place) == digest

    def __len__(self) -> int:
        return len(self._digests) // _BYTES

    @property
    def size(self) -> int:
        """Bytes that the digests take."""
        return len(self._digests)

    def _at(self, place: int) -> bytes:
        return self._digests[place * _BYTES : (place + 1) * _BYTES]


def _digest(text: str) -> bytes:
    return blake2b(text.encode(errors="surrogatepass"), digest_size=_BYTES).digest()
