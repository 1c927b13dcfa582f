"""Readings by sound, which HOMOPHONE compares."""

import re
from collections.abc import Sequence

from service_kit.matching.pinyin import segmented, token
from service_kit.matching.places import Places
from service_kit.matching.reading import Reading, touching

_letters = re.compile("[a-z]{2,}")


def may_be_pinyin(folded: str) -> bool:
    """Tells whether there are letters enough for a syllable."""
    return _letters.search(folded) is not None


def sound_reading(reading: Reading, said: str) -> Reading:
    """Returns what HOMOPHONE compares of a reading, given the sound of its text."""
    return Reading(reading.original, said, like=reading, runs=reading.runs, numeric=reading.numeric)


def syllabic_reading(sounding: Reading) -> Reading | None:
    """Returns the reading in which letters that are pinyin are syllables; None if there are no such letters."""
    words = _pinyin_words(sounding) if may_be_pinyin(sounding.text) else ()
    return _syllabic(sounding, words) if words else None


def _pinyin_words(sounding: Reading) -> list[tuple[int, int, Sequence[str]]]:
    """Returns the runs of letters that are pinyin from beginning to end: where they stand, and their syllables."""
    return [
        (start, end, syllables)
        for run in _letters.finditer(sounding.text)
        for start, end in touching(sounding.places, *run.span())
        if end - start > 1 and (syllables := segmented(sounding.text[start:end]))
    ]


def _syllabic(sounding: Reading, words: list[tuple[int, int, Sequence[str]]]) -> Reading:
    """Replaces runs of letters that are pinyin by their syllables."""
    text: list[str] = []
    begins: list[int] = []
    ends: list[int] = []
    moved: dict[int, int] = {}
    """Where the characters that stay are now."""
    done = 0
    places = sounding.places
    for start, end, syllables in [*words, (len(sounding.text), 0, [])]:
        moved.update(zip(range(done, start), range(len(begins), len(begins) + start - done), strict=True))
        text.append(sounding.text[done:start])
        begins += places.begins[done:start]
        ends += places.ends[done:start]
        for syllable in syllables:
            text.append(token(syllable))
            begins.append(places.begins[start])
            start += len(syllable)
            ends.append(places.ends[start - 1])
        done = end
    runs = [(moved[start], moved[end - 1] + 1) for start, end in sounding.runs if start in moved]
    found = Places(begins, ends, single=places.single)
    return Reading(
        sounding.original,
        "".join(text),
        places=lambda: found,
        runs=runs,
        numeric=sounding.numeric,
    )
