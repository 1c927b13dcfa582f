"""How large a filter is, and how often it is mistaken."""

import math
from dataclasses import dataclass
from typing import Self

MISTAKEN = 0.0005
"""Share of the customers on no list whom a filter holds for listed when it is full to its capacity."""
FIRST_CAPACITY = 1_000
"""Entries for which the filter of a corp that never had one published is made."""
_SPARE = 20
"""A filter has room for a twentieth more entries than there are, but for at least `FIRST_CAPACITY` more."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The numbers that decide where a digest's bits lie."""

    bits: int
    hashes: int
    """Bits of one digest."""

    @classmethod
    def of(cls, capacity: int) -> Self:
        """Returns the smallest shape that is mistaken no more often than `MISTAKEN` with so many entries."""
        bits = math.ceil(-capacity * math.log(MISTAKEN) / math.log(2) ** 2)
        return cls(8 * math.ceil(bits / 8), round(math.log2(1 / MISTAKEN)))

    @property
    def bytes(self) -> int:
        """What the bits take."""
        return self.bits // 8

    def mistaken(self, entries: int) -> float:
        """Returns the share of unlisted customers whom a filter with so many entries is to be expected to hold."""
        return float((1 - math.exp(-self.hashes * entries / self.bits)) ** self.hashes)


def capacity_for(entries: int) -> int:
    """Returns for how many entries to make the filter of a corp that has so many."""
    return entries + max(entries // _SPARE, FIRST_CAPACITY)
