"""Readings: what a text says when disguises are taken off, and where each character of that stands in the text."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from operator import itemgetter
from typing import TypeVar

from service_kit.matching.boundary import CharacterClass, class_of, may_part
from service_kit.matching.fold import compact
from service_kit.matching.joints import Joints
from service_kit.matching.numerals import LEAST_NUMERALS
from service_kit.matching.places import Places, even_places

Found = TypeVar("Found")
Run = tuple[int, int]
"""Equal neighbours in a reading that touch in the original, half open."""
_digits = re.compile("[0-9]+").finditer


class Reading:
    """One reading of a text."""

    __slots__ = (
        "_find_places",
        "_joints",
        "_places",
        "_stretches",
        "new",
        "numeric",
        "original",
        "runs",
        "text",
    )

    def __init__(
        self,
        original: str,
        text: str,
        stretches: Sequence[int] | None,
        find_places: Callable[[], Places] | None = None,
        runs: Sequence[Run] = (),
        numeric: bool = False,
        new: Sequence[Run] | None = None,
    ) -> None:
        """Makes a reading of a text that was folded.

        Args:
            original: the text as it was sent.
            text: what it reads as.
            stretches: how many of its characters stand before each piece of noise, and in all, if only noise was left out.
            find_places: else tells where its characters stand; asked only when something is found.
            runs: runs of this reading that count as one character where a hit begins or ends.
            numeric: whether it has digits for Han numerals.
            new: where it differs from another reading, in which all that meets none of these places is found, too.
        """
        self.original = original
        self.text = text
        self.runs = runs
        self.numeric = numeric
        self.new = new
        self._stretches = stretches
        self._find_places = find_places
        self._places: Places | None = None
        self._joints: Joints | None = None

    def saying(self, text: str, *, numeric: bool) -> "Reading":
        """Returns a reading with other characters at the same places."""
        return Reading(self.original, text, self._stretches, self.places, self.runs, numeric, self.new)

    def places(self) -> Places:
        """Returns where its characters stand."""
        if self._places is None:
            self._places = self._find_places() if self._find_places else even_places(self._stretches or ())
        return self._places

    def pieces(self, start: int, end: int) -> Iterable[Run]:
        """Cuts characters where they are not side by side in the original: apart, or of one sign. Pieces may be empty."""
        if (stretches := self._stretches) is not None:
            first = bisect_right(stretches, start)
            if end <= stretches[first]:
                return ((start, end),)  # all of them, as nearly always
            return pairwise((start, *stretches[first : bisect_left(stretches, end)], end))
        places = self.places()
        cuts = [it for it in range(start + 1, end) if places.begins[it] != places.ends[it - 1]]
        return pairwise((start, *cuts, end))

    def standing(self, hits: Sequence[tuple[int, int, Found]]) -> list[tuple[int, int, Found]]:
        """Keeps the hits that do not only look like some, and places them in the original."""
        if self.new is not None:
            hits = [hit for hit in hits if _meets(self.new, hit[0], hit[1])]
        stretches, original = self._stretches, self.original
        if stretches is None or self.numeric:
            return [(*span, what) for start, end, what in hits if (span := self._span(start, end))]
        found = []
        for start, end, what in hits:
            at = bisect_right(stretches, start)
            begin, stop = start + at, end + at
            if (
                end > stretches[at]  # in pieces
                or (self.runs and _meets(self.runs, start, end))
            ):
                if span := self._span(start, end):
                    found.append((*span, what))
            elif ("\u3400" <= original[begin] <= "\u9fff" and "\u3400" <= original[stop - 1] <= "\u9fff") or (
                may_part(original, begin) and may_part(original, stop)
            ):
                found.append((begin, stop, what))
        return found

    def _span(self, start: int, end: int) -> tuple[int, int] | None:
        """Returns the original's span of an occurrence in this reading; None if it only looks like one."""
        places = self.places()
        begin, stop = places.begins[start], places.ends[end - 1]
        if not (places.single and stop - begin == end - start) and not self._holds(start, end):
            return None
        if self.numeric and not self._number(start, end):
            return None
        first, last = (self._widened(start)[0], self._widened(end - 1)[1]) if self.runs else (start, end)
        # An edge may stand free by itself, as in the letters aⓥx, or with all of its run, as in gggood.
        if not self._parts(start, begin) and (first == start or not self._parts(first, places.begins[first])):
            return None
        if not self._parts(end, stop) and (last == end or not self._parts(last, places.ends[last - 1])):
            return None
        return (
            begin if first == start else places.begins[first],
            stop if last == end else places.ends[last - 1],
        )

    def _holds(self, start: int, end: int) -> bool:
        """Tells whether what stands between the characters of an occurrence may be passed over."""
        if self._joints is None:
            self._joints = Joints(self.original, self.text, self.places())
        return self._joints.hold(start, end)

    def _parts(self, index: int, place: int) -> bool:
        """Tells whether a hit may begin or end before a character of the reading, at a place of the original."""
        return may_part(self.original, place) and (self.places().single or not self._in_one_sign(index - 1))

    def _in_one_sign(self, index: int) -> bool:
        """Tells whether a character and the next are of one word and one sign of the original, as in ㎏."""
        begins = self.places().begins
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
                compact(self.original[begin]).isdecimal()
                for begin in self.places().begins[slice(*run.span())]
            )
            for run in _digits(self.text, start, end)
        )

    def _number_runs_on(self, index: int) -> bool:
        """Tells whether a character and the next are digits side by side."""
        return (
            0 <= index < len(self.text) - 1
            and self.places().ends[index] >= self.places().begins[index + 1]
            and class_of(self.text[index]) is class_of(self.text[index + 1]) is CharacterClass.DIGIT
        )

    def _widened(self, index: int) -> Run:
        """Returns the run that a character stands in, or just itself."""
        at = bisect_right(self.runs, (index, len(self.text))) - 1
        if at >= 0 and index < self.runs[at][1]:
            return self.runs[at]
        return index, index + 1


def _meets(runs: Sequence[Run], start: int, end: int) -> bool:
    """Tells whether characters of runs, which are in order, are in an occurrence."""
    at = bisect_left(runs, end, key=itemgetter(0))
    return at > 0 and runs[at - 1][1] > start
