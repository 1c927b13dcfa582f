"""Readings: what a text says when disguises are taken off, and where each character of that stands in the text."""

from bisect import bisect_right
from collections.abc import Sequence

from service_kit.matching.boundary import is_han, stands_free
from service_kit.matching.joints import Joints
from service_kit.matching.places import Places, places_of

Run = tuple[int, int]
"""Equal neighbours in a reading, half open."""


class Reading:
    """One reading of a text."""

    __slots__ = ("_like", "_numeric", "_places", "original", "runs", "text")

    def __init__(
        self,
        original: str,
        text: str,
        places: Places | None = None,
        like: "Reading | None" = None,
        runs: Sequence[Run] = (),
        numeric: bool = False,
    ) -> None:
        """Makes a reading of a text that was folded.

        Args:
            original: the text as it was sent.
            text: what it reads as.
            places: where its characters stand; None if `text` is the compact text, or for:
            like: a reading whose characters stand where those of this one do.
            runs: runs of this reading that count as one character where a hit begins or ends.
            numeric: whether it has digits for Han numerals, among which a hit may not begin or end either.
        """
        self.original = original
        self.text = text
        self.runs = runs
        self._places = places
        self._like = like
        self._numeric = numeric

    @property
    def places(self) -> Places:
        """Where its characters stand; found out only when something is found."""
        if self._places is None:
            self._places = self._like.places if self._like else places_of(self.original)
        return self._places

    def span(self, start: int, end: int) -> tuple[int, int] | None:
        """Returns the original's span of an occurrence in this reading; None if it only looks like one."""
        places = self.places
        begin, stop = places.begins[start], places.ends[end - 1]
        if stop - begin != end - start and not self._joints.hold(start, end):
            return None
        if not (is_han(self.original[begin]) and is_han(self.original[stop - 1])) and not stands_free(
            self.original, begin, stop
        ):
            return None
        if self._numeric and not self._joints.at_ends_of_words(start, end):
            return None
        if self.runs:
            begin = places.begins[self._widened(start)[0]]
            stop = places.ends[self._widened(end - 1)[1] - 1]
        return begin, stop

    @property
    def _joints(self) -> Joints:
        return Joints(self.original, self.text, self.places)

    def _widened(self, index: int) -> Run:
        """Returns the run that a character stands in, or just itself."""
        at = bisect_right(self.runs, (index, len(self.text))) - 1
        if at >= 0 and index < self.runs[at][1]:
            return self.runs[at]
        return index, index + 1
