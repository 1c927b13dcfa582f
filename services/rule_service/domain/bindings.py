"""Bindings as bitmaps over group ordinals, in chunks that change as a whole.

Redis counts a string's bits from the highest of each byte: ordinal `i` of a chunk is bit `7 - i % 8` of byte `i // 8`.
"""

from collections.abc import Iterable, Iterator

CHUNK_ORDINALS = 8_192
"""Ordinals in one chunk; 1 KB a rule and chunk, and only where there are bindings."""
CHUNK_BYTES = CHUNK_ORDINALS // 8


def masks(ordinals: Iterable[int]) -> dict[int, bytes]:
    """Returns the bitmap of each chunk that holds one of the ordinals, `CHUNK_BYTES` long."""
    chunks: dict[int, bytearray] = {}
    for ordinal in ordinals:
        chunk, place = divmod(ordinal, CHUNK_ORDINALS)
        mask = chunks.setdefault(chunk, bytearray(CHUNK_BYTES))
        mask[place >> 3] |= 0x80 >> (place & 7)
    return {chunk: bytes(mask) for chunk, mask in sorted(chunks.items())}


def ordinals(chunk: int, mask: bytes) -> Iterator[int]:
    """Yields the ordinals in a chunk's bitmap, ascending."""
    for index, byte in enumerate(mask):
        for bit in range(8):
            if byte & (0x80 >> bit):
                yield chunk * CHUNK_ORDINALS + index * 8 + bit


def by_chunk(ordinals: Iterable[int]) -> dict[int, list[int]]:
    """Returns the ordinals of each chunk, ascending."""
    chunks: dict[int, list[int]] = {}
    for ordinal in sorted(ordinals):
        chunks.setdefault(ordinal // CHUNK_ORDINALS, []).append(ordinal)
    return chunks


def held(chunk: int, bitmap: bytes, ordinals: Iterable[int]) -> tuple[int, ...]:
    """Returns those of some ordinals that a chunk's bitmap holds; bytes that are missing at its end hold none."""
    first, size = chunk * CHUNK_ORDINALS, len(bitmap) * 8
    return tuple(it for it in ordinals if it - first < size and bitmap[it - first >> 3] & 0x80 >> (it & 7))


def without(mask: bytes) -> bytes:
    """Returns the bitmap of everything that the mask does not hold."""
    return bytes(byte ^ 0xFF for byte in mask)
