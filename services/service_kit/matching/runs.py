"""Runs: one letter or Han character written again and again, behind which a keyword may hide."""

import re
from collections.abc import Iterable
from functools import partial

from service_kit.matching.fold import exact
from service_kit.matching.places import Places
from service_kit.matching.reading import SHORT, Reading, Run, touching

_LEAST_RUN = 3
"""Equal characters in a row that nobody writes by mistake."""
_pair = re.compile(r"(.)\1(?<![0-9])").search
_runs = re.compile(r"(.)\1+").finditer


def may_hide_runs(original: str, folded: str) -> bool:
    """Tells by a text and its compact form whether there may be such runs; false is certain, and found without places."""
    pair = _pair(folded)
    if pair and len(original) > SHORT:
        return True
    while pair:
        character, end = pair[1], pair.end()
        if folded[end : end + 1] == character:
            return True
        written = original.count(character)
        if character.isascii():
            written += original.count(character.upper())
        if written != folded.count(character):
            return True
        pair = _pair(folded, end)
    return False


def runs_of(reading: Reading) -> list[Run]:
    """Returns the runs that may hide a keyword: of three and more, or of several forms; never of digits.

    Letter case and width make no form: Oops has no run.
    """
    return [
        (start, end)
        for run in _runs(reading.text)
        if not run[1].isdecimal()
        for start, end in _pieces(reading, run)
        if end - start >= _LEAST_RUN or _is_mixed(reading, start, end)
    ]


def _pieces(reading: Reading, run: re.Match[str]) -> Iterable[Run]:
    """Cuts a run where its characters are not side by side in the original."""
    if len(reading.original) <= SHORT and reading.original.count(run[0]) == reading.text.count(run[0]):
        return (run.span(),)  # written as it reads, wherever it stands: the usual case, found without places
    return touching(reading.places, *run.span())


def _is_mixed(reading: Reading, start: int, end: int) -> bool:
    character = reading.text[start]
    if len(reading.original) <= SHORT and reading.original.count(character) == reading.text.count(character):
        return False  # the usual case again
    begins = reading.places.begins[start:end]
    return len({exact(reading.original[begin]) for begin in begins}) > 1


def cut_runs(reading: Reading, runs: list[Run], size: int) -> Reading:
    """Cuts runs to at most so many characters."""
    text: list[str] = []
    left: list[Run] = []
    done = length = 0
    for start, end in runs:
        text += (reading.text[done:start], reading.text[start] * size)
        length += start - done
        left.append((length, length + size))
        length += size
        done = end
    return Reading(
        reading.original,
        "".join(text) + reading.text[done:],
        places=partial(_cut_places, reading, runs, size),
        runs=left,
        numeric=reading.numeric,
    )


def _cut_places(reading: Reading, runs: list[Run], size: int) -> Places:
    """Finds the places of what is left of runs: of the first its begin, of the last the run's end."""
    places = reading.places
    begins: list[int] = []
    ends: list[int] = []
    done = 0
    for start, end in runs:
        begins += places.begins[done : start + size]
        ends += [*places.ends[done : start + size - 1], places.ends[end - 1]]
        done = end
    return Places(begins + places.begins[done:], ends + places.ends[done:], single=places.single)
