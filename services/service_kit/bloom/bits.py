"""A Bloom filter in memory."""

from collections.abc import Iterable
from typing import Any, Self

import numpy as np

from service_kit.bloom.digest import DIGEST_BYTES
from service_kit.bloom.shape import Shape


class Bits:
    """The bits of a filter.

    A digest is two little-endian 64-bit numbers, a and b. Its bits are a + i * (b mod (bits - 1) + 1), modulo the number of bits,
    for i from 0. Bit n is bit n mod 8, counted from the lowest, of byte n / 8.
    """

    __slots__ = ("_bytes", "shape")

    def __init__(self, shape: Shape, bytes_: bytes | bytearray) -> None:
        """Takes over the bytes; those that can't be changed, which others may hold, are copied before the first addition.

        Raises:
            ValueError: they are not as many as the shape has.
        """
        if len(bytes_) != shape.bytes:
            raise ValueError(f"{shape.bytes} bytes are needed, not {len(bytes_)}")
        self.shape = shape
        self._bytes = bytes_

    @classmethod
    def empty(cls, shape: Shape) -> Self:
        """Returns a filter that holds nobody."""
        return cls(shape, bytearray(shape.bytes))

    @property
    def blob(self) -> bytes | bytearray:
        """What is stored."""
        return self._bytes

    @property
    def size(self) -> int:
        """What it takes of memory for itself."""
        return len(self._bytes) if isinstance(self._bytes, bytearray) else 0

    def __contains__(self, digest: bytes) -> bool:
        """Tells whether the digest may have been added; if not, it was not."""
        stored, size = self._bytes, self.shape.bits
        place = int.from_bytes(digest[:8], "little") % size
        step = int.from_bytes(digest[8:], "little") % (size - 1) + 1
        for _ in range(self.shape.hashes):
            if not stored[place >> 3] >> (place & 7) & 1:
                return False
            place += step
            if place >= size:
                place -= size
        return True

    def add(self, digests: bytes) -> None:
        """Adds digests, given one behind the other."""
        if not isinstance(self._bytes, bytearray):
            self._bytes = bytearray(self._bytes)
        bits = np.frombuffer(self._bytes, np.uint8)
        for places in self._places(digests):
            np.bitwise_or.at(bits, places >> 3, np.left_shift(1, places & 7).astype(np.uint8))

    def count(self, digests: bytes) -> int:
        """Returns how many of the digests, given one behind the other, it holds."""
        bits = np.frombuffer(self._bytes, np.uint8)
        held = np.ones(len(digests) // DIGEST_BYTES, bool)
        for places in self._places(digests):
            held &= (bits[places >> 3] >> (places & 7).astype(np.uint8) & 1).astype(bool)
        return int(held.sum())

    def _places(self, digests: bytes) -> Iterable["np.ndarray[Any, np.dtype[np.int64]]"]:
        halves = np.frombuffer(digests, "<u8").reshape(-1, 2)
        size = self.shape.bits
        places = (halves[:, 0] % size).astype(np.int64)
        steps = (halves[:, 1] % (size - 1) + 1).astype(np.int64)
        for _ in range(self.shape.hashes):
            yield places
            places = (places + steps) % size
