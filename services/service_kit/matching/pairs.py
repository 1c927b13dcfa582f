"""Which characters stand side by side in patterns: what tells of most texts that no keyword is behind their runs."""

from collections.abc import Callable, Sequence
from itertools import accumulate, pairwise

import numpy as np
import numpy.typing as npt

from service_kit.matching.code_points import encode

MayMeet = Callable[[str], bool]
"""Tells whether two neighbours in a reading may be neighbours in a pattern."""

_BITS = 16
"""Of memory for a pair of characters in a pattern: of the pairs that no pattern has, one in 70 passes for one that is there."""
_LEFT, _RIGHT, _OTHER = 0x9E3779B1, 0x85EBCA77, 20
"""Primes that scatter pairs: numbers of 54 bits at most, of which the upper ones make the second bit's place."""
_PORTION = 4_000
"""Patterns that are worked on at once: in less than a millisecond, and little memory."""


def unknown(_: str) -> bool:
    """Takes all neighbours for ones that patterns may have."""
    return True


class Pairs:
    """The pairs of neighbours in patterns, as two bits of a filter for each: none is forgotten, some seem to be there."""

    __slots__ = ("_filter", "_size")

    def __init__(self, patterns: Sequence[str]) -> None:
        """Takes the patterns; of thousands it is work for a thread, in which others get their turn."""
        self._size = size = _BITS * (sum(map(len, patterns)) - len(patterns) + 1)
        bits = np.zeros(size, dtype=bool)
        if any(len(pattern) == 1 for pattern in patterns):  # it is met whatever is beside it
            bits[:] = True
        for start in range(0, len(patterns), _PORTION):
            scattered = _scattered(patterns[start : start + _PORTION])
            bits[scattered % size] = bits[(scattered >> _OTHER) % size] = True
        self._filter = np.packbits(bits, bitorder="little").tobytes()

    def may_meet(self, text: str) -> bool:
        """Tells whether two neighbours in a text may be neighbours in a pattern."""
        bits, size = self._filter, self._size
        for left, right in pairwise(text):
            scattered = ord(left) * _LEFT + ord(right) * _RIGHT
            place = scattered % size
            if bits[place >> 3] >> (place & 7) & 1:
                place = (scattered >> _OTHER) % size
                if bits[place >> 3] >> (place & 7) & 1:
                    return True
        return False


def _scattered(patterns: Sequence[str]) -> npt.NDArray[np.uint64]:
    """Returns a number for each pair in some patterns."""
    codes = encode("".join(patterns)).astype(np.uint64)
    ends = list(accumulate(map(len, patterns)))
    return np.delete(codes[:-1] * _LEFT + codes[1:] * _RIGHT, np.array(ends[:-1], np.intp) - 1)
