"""Runs: one letter or Han character written again and again, behind which a keyword may hide."""

import re
from collections.abc import Iterator
from functools import partial

from service_kit.matching.fold import exact
from service_kit.matching.places import Places
from service_kit.matching.reading import Reading, Run

_LEAST_RUN = 3
"""Equal characters in a row that nobody writes by mistake."""
runs, long_runs = re.compile(r"(.)\1(?<![0-9])\1*"), re.compile(r"(.)\1\1(?<![0-9])\1*")
"""Equal characters in a row, no digits: two and more, and three and more."""


def runs_of(reading: Reading) -> list[Run]:
    """Returns the runs that may hide a keyword: of three and more, or of two in different forms; never of digits.

    Letter case and width make no form: Oops has no run.
    """
    return [
        (start, end)
        for run in runs.finditer(reading.text)
        for start, end in reading.pieces(*run.span())
        if end - start >= _LEAST_RUN or (end - start > 1 and _is_mixed(reading, start))
    ]


def _is_mixed(reading: Reading, start: int) -> bool:
    begins = reading.places().begins
    one, other = reading.original[begins[start]], reading.original[begins[start + 1]]
    return one != other and exact(one) != exact(other)


def cut_readings(reading: Reading) -> Iterator[Reading]:
    """Yields a reading with its runs cut to one character and to two, if it has any."""
    if reading.runs:
        yield _cut(reading, 1)
        yield _cut(reading, 2)


def _cut(reading: Reading, size: int) -> Reading:
    text: list[str] = []
    left: list[Run] = []
    done = length = 0
    for start, end in reading.runs:
        text += (reading.text[done:start], reading.text[start] * size)
        length += start - done
        left.append((length, length + size))
        length += size
        done = end
    places = partial(_cut_places, reading, size)
    return Reading(
        reading.original, "".join(text) + reading.text[done:], None, places, left, reading.numeric, left
    )


def _cut_places(reading: Reading, size: int) -> Places:
    """Finds the places of what is left of runs: of the first its begin, of the last the run's end."""
    places = reading.places()
    begins: list[int] = []
    ends: list[int] = []
    done = 0
    for start, end in reading.runs:
        begins += places.begins[done : start + size]
        ends += [*places.ends[done : start + size - 1], places.ends[end - 1]]
        done = end
    return Places([*begins, *places.begins[done:]], [*ends, *places.ends[done:]], places.single)
