"""Pieces of a text, and the question whether one lies wholly inside another."""

from bisect import bisect_right
from collections.abc import Iterable
from itertools import accumulate


class Spans:
    """Immutable; asking takes logarithmic time, whatever their number."""

    def __init__(self, spans: Iterable[tuple[int, int]]) -> None:
        """Takes half-open spans, overlapping ones too."""
        ordered = sorted(spans)
        self._starts = [start for start, _ in ordered]
        self._furthest = list(accumulate((end for _, end in ordered), max))
        """For each span, the end that it and those before it reach."""

    def cover(self, start: int, end: int) -> bool:
        """Tells whether one of the spans holds the whole of another."""
        last = bisect_right(self._starts, start) - 1
        return last >= 0 and self._furthest[last] >= end
