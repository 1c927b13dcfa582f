"""Where the characters of a compact text stand in the text it was made of."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple, overload

from service_kit.matching.tables import DROPPED, NOISE, several

_several = several()


class Places(NamedTuple):
    """Spans of the original, half open, by character of what it reads as."""

    begins: Sequence[int]
    ends: Sequence[int]
    """Behind the invisible characters that follow."""
    single: bool = True
    """Whether no two share a place, as they do in ㎏: then equal lengths mean that nothing is between."""


class _Even(Sequence[int]):
    """Places of a text of which only noise was left out."""

    __slots__ = ("_first", "_stretches")

    def __init__(self, stretches: Sequence[int], first: int) -> None:
        self._stretches = stretches
        self._first = first

    def __len__(self) -> int:
        return self._stretches[-1]

    @overload
    def __getitem__(self, index: int) -> int: ...
    @overload
    def __getitem__(self, index: slice) -> list[int]: ...
    def __getitem__(self, index: int | slice) -> int | list[int]:
        if isinstance(index, slice):
            return self._slice(*index.indices(len(self)))
        return self._first + index + bisect_right(self._stretches, index)

    def _slice(self, start: int, stop: int, _: int) -> list[int]:
        found: list[int] = []
        while start < stop:
            at = bisect_right(self._stretches, start)
            end = min(self._stretches[at], stop)
            found += range(self._first + start + at, self._first + end + at)
            start = end
        return found


def even_places(stretches: Sequence[int]) -> Places:
    """Returns the places of a text of which only noise was left out."""
    return Places(_Even(stretches, 0), _Even(stretches, 1))


def stretches_of(folded: str) -> list[int]:
    """Returns how many characters stand before each piece of noise in an aligned text, and in all of it."""
    return list(accumulate(map(len, folded.split(NOISE))))


def places_of(original: str, folded: str) -> Places:
    """Finds the places of a text's compact form, given the aligned one: whatever they are, but slowly."""
    begins: list[int] = []
    ends: list[int] = []
    single = True
    size = 0
    """Characters that the last visible one folded to."""
    for index, one in enumerate(folded):
        if one == DROPPED:
            if size and ends[-1] == index:
                ends[-size:] = [index + 1] * size
        elif one != NOISE:
            size = len(_several.get(original[index], one))
            single = single and size == 1
            begins += [index] * size
            ends += [index + 1] * size
    return Places(begins, ends, single)
