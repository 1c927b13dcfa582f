"""Scanning many texts at once: they are joined, folded by one table look-up and passed through each index once.

The few texts that are out of the ordinary, or whose hits are, go through `scan` by themselves: so the outcome is the
same by construction, and only plain hits need places here.
"""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

import numpy as np

from service_kit.matching.boundary import at_boundary, is_han
from service_kit.matching.code_points import (
    DROPPED,
    EXACT,
    FOLDED,
    NOISE,
    NUMERALS,
    SEPARATOR,
    SEVERAL,
    SOUNDS,
    CodePoints,
    decode,
    encode,
)
from service_kit.matching.scan import Find, Finders, Found, Occurrence, scan

_FLAGS = range(0x1F1E6, 0x1F200)
"""Letters of which two make a flag."""
_FEWEST = 4
"""Texts that are worth joining."""


def scan_many(texts: Sequence[str], finders: Finders[Found]) -> list[list[Occurrence[Found]]]:
    """Does as `scan` with each text."""
    joined = SEPARATOR.join(texts)
    if len(texts) < _FEWEST or joined.count(SEPARATOR) >= len(texts):  # a text may hold the separator
        return [scan(text, finders) for text in texts]
    starts = [0, *accumulate(len(text) + 1 for text in texts)]
    codes = encode(joined)
    occurrences: list[list[Occurrence[Found]]] = [[] for _ in texts]
    if finders.exact:
        _scan_exactly(decode(EXACT[codes]), starts, finders.exact, occurrences)
    if finders.folded or finders.homophone:
        batch = _Folded(codes, starts, bool(finders.homophone))
        if finders.folded:
            batch.scan(batch.codes, finders.folded, occurrences)
        if finders.homophone:
            batch.scan(SOUNDS[batch.codes], finders.homophone, occurrences)
        for index in batch.odd:
            occurrences[index] = scan(texts[index], finders)
    return occurrences


def _scan_exactly(
    folded: str, starts: Sequence[int], find: Find[Found], occurrences: list[list[Occurrence[Found]]]
) -> None:
    for begin, end, what in find(folded):
        index = bisect_right(starts, begin) - 1
        start = starts[index]
        inside = end < starts[index + 1]  # a keyword may hold the separator, too
        if inside and at_boundary(folded, begin, end):
            occurrences[index].append((begin - start, end - start, what))


class _Folded:
    """Joined texts in their compact form."""

    def __init__(self, originals: CodePoints, starts: Sequence[int], by_sound: bool) -> None:
        folded = FOLDED[originals]
        self._places = np.flatnonzero(folded > NOISE)
        self._visible = folded != DROPPED
        self._end = len(folded)
        self._starts = starts
        self.codes: CodePoints = folded[self._places]
        self._folded_starts = np.searchsorted(self._places, starts).tolist()
        pictures = (originals == ord("[")) | ((originals >= _FLAGS[0]) & (originals <= _FLAGS[-1]))
        odd = np.flatnonzero(pictures).tolist()
        self.odd = {bisect_right(starts, place) - 1 for place in odd}
        """Texts, by index, that need to be scanned by themselves."""
        odd = _odd_places(self.codes, EXACT[originals[self._places]], by_sound)
        self.odd |= {bisect_right(self._folded_starts, place) - 1 for place in odd}

    def scan(self, codes: CodePoints, find: Find[Found], occurrences: list[list[Occurrence[Found]]]) -> None:
        """Adds plain hits; texts with others become odd."""
        places, text = self._places, decode(codes)
        for first, end, what in find(text):
            index = bisect_right(self._folded_starts, first) - 1
            if index in self.odd:
                continue
            begin, stop = int(places[first]), int(places[end - 1]) + 1
            if (
                stop - begin == end - first
                and is_han(text[first])
                and is_han(text[end - 1])
                and (stop == self._end or self._visible[stop])
            ):  # no gaps, no letters or digits at the edges, no invisible characters behind
                start = self._starts[index]
                occurrences[index].append((begin - start, stop - start, what))
            else:
                self.odd.add(index)


def _odd_places(codes: CodePoints, forms: CodePoints, by_sound: bool) -> list[int]:
    """Returns places of all that may give a text another reading; others may be among them.

    Args:
        codes: the compact form.
        forms: what its characters are in EXACT.
        by_sound: whether readings by sound count.
    """
    sort = NUMERALS[codes]
    equal = (codes[1:] == codes[:-1]) & (sort[1:] != 1)
    odd = [
        np.flatnonzero(codes == SEVERAL),
        np.flatnonzero(equal & (forms[1:] != forms[:-1])),
        np.flatnonzero(equal[1:] & equal[:-1]),
    ]
    three = (sort[2:] > 0) & (sort[1:-1] > 0) & (sort[:-2] > 0)
    odd.append(np.flatnonzero(three & ((sort[2:] | sort[1:-1] | sort[:-2]) > 1)))
    if by_sound:
        letters = (codes >= ord("a")) & (codes <= ord("z"))
        odd.append(np.flatnonzero(letters[1:] & letters[:-1]))
    places: list[int] = np.concatenate(odd).tolist()
    return places
