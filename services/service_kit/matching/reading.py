"""Readings: what a text says when disguises are taken off, and where each character of that stands in the text."""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from typing import Literal

from service_kit.matching.boundary import CharacterClass, class_of, is_han, may_part
from service_kit.matching.fold import compact
from service_kit.matching.joints import NEIGHBOURS, Joints
from service_kit.matching.numerals import LEAST_NUMERALS
from service_kit.matching.places import Places, places_of
from service_kit.matching.tables import is_dropped

Run = tuple[int, int]
"""Equal neighbours in a reading that touch in the original, half open."""
SHORT = 500
"""Characters of texts of which questions are answered by counting: a thousand hits shall not count a long text each."""
_FEW = 8
"""Occurrences in pieces that are looked at by themselves."""
_digits = re.compile("[0-9]+").finditer


class Reading:
    """One reading of a text."""

    __slots__ = (
        "_find_places",
        "_joints",
        "_like",
        "_pieces",
        "_places",
        "numeric",
        "original",
        "runs",
        "text",
    )

    def __init__(
        self,
        original: str,
        text: str,
        places: Callable[[], Places] | None = None,
        like: "Reading | None" = None,
        runs: Sequence[Run] = (),
        numeric: bool = False,
    ) -> None:
        """Makes a reading of a text that was folded.

        Args:
            original: the text as it was sent.
            text: what it reads as.
            places: tells where its characters stand; None if `text` is the compact text, or for:
            like: a reading whose characters stand where those of this one do.
            runs: runs of this reading that count as one character where a hit begins or ends.
            numeric: whether it has digits for Han numerals.
        """
        self.original = original
        self.text = text
        self.runs = runs
        self.numeric = numeric
        self._like = like
        self._find_places = places
        self._places: Places | None = None
        self._joints: Joints | None = None
        self._pieces = 0
        """Occurrences in pieces that were looked at."""

    @property
    def places(self) -> Places:
        """Where its characters stand; found out only when something is found."""
        if self._places is None:
            if self._find_places:
                self._places = self._find_places()
            else:
                self._places = self._like.places if self._like else places_of(self.original)
        return self._places

    def span(self, start: int, end: int) -> tuple[int, int] | None:
        """Returns the original's span of an occurrence in this reading; None if it only looks like one."""
        if self._places is None and (known := self._plain(start, end)) is not False:
            return known
        places = self.places
        touching = places.single and places.ends[end - 1] - places.begins[start] == end - start
        if not touching and not self._holds(start, end):
            return None
        if self.numeric and not self._number(start, end):
            return None
        first, last = self._widened(start)[0], self._widened(end - 1)[1]
        # An edge may stand free by itself, as in the letters aⓥx, or with all of its run, as in gggood.
        if not self._parts(start, places.begins[start]) and not self._parts(first, places.begins[first]):
            return None
        if not self._parts(end, places.ends[end - 1]) and not self._parts(last, places.ends[last - 1]):
            return None
        return places.begins[first], places.ends[last - 1]

    def _plain(self, start: int, end: int) -> tuple[int, int] | Literal[False] | None:
        """Does as `span` without looking for places, for what is written as it reads, as nearly all is that is found.

        False if that can't be told so.
        """
        if self.runs or self.numeric or self._find_places or len(self.original) > SHORT:
            return False
        folded = self._like.text if self._like else self.text
        written = folded[start:end]
        found = self.original.count(written)
        if not found or found != folded.count(written) or written[0] in written[1:]:
            return False  # also if it may overlap with itself
        begin = self.original.find(written)
        for _ in range(folded.count(written, 0, start)):
            begin = self.original.find(written, begin + 1)
        stop = begin + end - start
        if stop < len(self.original) and is_dropped(self.original[stop]):
            return False
        if is_han(written[0]) and is_han(written[-1]):
            return begin, stop
        free = may_part(self.original, begin) and may_part(self.original, stop)
        return (begin, stop) if free else None

    def _holds(self, start: int, end: int) -> bool:
        """Tells whether what stands between the characters of an occurrence may be passed over.

        For the first ones it is looked at for each by itself, since nearly always there is one; for a flood of them once and
        for all.
        """
        if self._joints is None and self._pieces < _FEW:
            self._pieces += 1
            first = max(0, start - NEIGHBOURS)
            near = slice(first, end + NEIGHBOURS)
            places = Places(self.places.begins[near], self.places.ends[near], single=self.places.single)
            return Joints(self.original, self.text[near], places).hold(start - first, end - first)
        if self._joints is None:
            self._joints = Joints(self.original, self.text, self.places)
        return self._joints.hold(start, end)

    def _parts(self, index: int, place: int) -> bool:
        """Tells whether a hit may begin or end before a character of the reading, at a place of the original."""
        return may_part(self.original, place) and (self.places.single or not self._in_one_sign(index - 1))

    def _in_one_sign(self, index: int) -> bool:
        """Tells whether a character and the next are of one word and one sign of the original, as in ㎏."""
        begins = self.places.begins
        return (
            0 <= index < len(begins) - 1
            and begins[index] == begins[index + 1]
            and class_of(self.text[index]) is class_of(self.text[index + 1]) is not CharacterClass.OTHER
        )

    def _number(self, start: int, end: int) -> bool:
        """Tells whether an occurrence keeps the numbers whole, and has numerals enough of its own to be digits."""
        if self._number_runs_on(start - 1) or self._number_runs_on(end - 1):
            return False
        return all(
            len(run[0]) >= LEAST_NUMERALS
            or all(
                compact(self.original[begin]).isdecimal() for begin in self.places.begins[slice(*run.span())]
            )
            for run in _digits(self.text, start, end)
        )

    def _number_runs_on(self, index: int) -> bool:
        """Tells whether a character and the next are digits side by side."""
        return (
            0 <= index < len(self.text) - 1
            and self.places.ends[index] >= self.places.begins[index + 1]
            and class_of(self.text[index]) is class_of(self.text[index + 1]) is CharacterClass.DIGIT
        )

    def _widened(self, index: int) -> Run:
        """Returns the run that a character stands in, or just itself."""
        at = bisect_right(self.runs, (index, len(self.text))) - 1
        if at >= 0 and index < self.runs[at][1]:
            return self.runs[at]
        return index, index + 1


def touching(places: Places, start: int, end: int) -> Iterator[Run]:
    """Cuts characters of a reading where they are not side by side in the original: apart, or of one sign."""
    for index in range(start + 1, end):
        if places.begins[index] != places.ends[index - 1]:
            yield start, index
            start = index
    yield start, end
