"""Readings by sound, which HOMOPHONE compares."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from functools import partial
from itertools import accumulate

from service_kit.matching.pairs import MayMeet, unknown
from service_kit.matching.pinyin import segmented, sound, token
from service_kit.matching.places import Places
from service_kit.matching.reading import Reading, Run

find_letters = re.compile("[a-z][a-z]+").findall
"""Finds what may be pinyin; so written, `re` finds it faster than as `[a-z]{2,}`."""
_letters = re.compile("[a-z][a-z]+").finditer
has_vowel = re.compile("[aeiouv]").search
"""Finds something in every syllable, and nothing in most runs of letters that are no words: xxx, www."""
_Words = Sequence[tuple[int, int, Sequence[str]]]
"""Words that are pinyin: where they stand, and their syllables."""


def has_pinyin(folded: str) -> bool:
    """Tells whether letters in an aligned text are pinyin."""
    return any(map(segmented, find_letters(folded)))


def pinyin_places(folded: str) -> list[int]:
    """Returns where in an aligned text letters begin that are pinyin."""
    return [word.start() for word in _letters(folded) if segmented(word[0])]


def sound_reading(reading: Reading) -> Reading:
    """Returns what HOMOPHONE compares of a reading."""
    return reading.saying(sound(reading.text), numeric=reading.numeric)


def syllabic_reading(sounding: Reading, may_meet: MayMeet = unknown) -> Reading | None:
    """Returns the reading in which letters that are pinyin are syllables.

    Args:
        sounding: what HOMOPHONE compares.
        may_meet: tells of neighbours whether anything looked for may have them.

    Returns:
        None if there are no such letters, or nothing that is looked for may have their syllables.
    """
    words = _pinyin_words(sounding)
    if not words:
        return None
    text, new = _in_syllables(sounding.text, words)
    if not any(may_meet(text[max(start - 1, 0) : end + 1]) for start, end in new):
        return None
    places = partial(_syllabic_places, sounding, words)
    runs = _moved(sounding.runs, words)
    return Reading(sounding.original, text, None, places, runs, sounding.numeric, new)


def _pinyin_words(sounding: Reading) -> _Words:
    return [
        (start, end, syllables)
        for run in _letters(sounding.text)
        if has_vowel(run[0])
        for start, end in sounding.pieces(*run.span())
        if end - start > 1 and (syllables := segmented(sounding.text[start:end]))
    ]


def _in_syllables(said: str, words: _Words) -> tuple[str, list[Run]]:
    """Replaces words by their syllables; tells where these are then."""
    text: list[str] = []
    new: list[Run] = []
    done = length = 0
    for start, end, syllables in words:
        text += (said[done:start], *map(token, syllables))
        length += start - done
        new.append((length, length + len(syllables)))
        length += len(syllables)
        done = end
    return "".join(text) + said[done:], new


def _moved(runs: Sequence[Run], words: _Words) -> list[Run]:
    """Returns the runs that are in no word, where they are then."""
    ends = [end for _, end, _ in words]
    by = [0, *accumulate(len(syllables) - (end - start) for start, end, syllables in words)]
    moved: list[Run] = []
    for start, end in runs:
        behind = bisect_right(ends, start)
        if behind == len(words) or end <= words[behind][0]:
            moved.append((start + by[behind], end + by[behind]))
    return moved


def _syllabic_places(sounding: Reading, words: _Words) -> Places:
    places = sounding.places()
    begins: list[int] = []
    ends: list[int] = []
    done = 0
    for start, end, syllables in words:
        begins += places.begins[done:start]
        ends += places.ends[done:start]
        for syllable in syllables:
            begins.append(places.begins[start])
            start += len(syllable)
            ends.append(places.ends[start - 1])
        done = end
    return Places([*begins, *places.begins[done:]], [*ends, *places.ends[done:]], places.single)
