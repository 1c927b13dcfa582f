"""Which readings a text has: nearly always one."""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from service_kit.matching.fold import compact, exact
from service_kit.matching.numerals import has_numerals, to_digits
from service_kit.matching.pinyin import segmented, sound, token
from service_kit.matching.places import Places
from service_kit.matching.reading import SHORT, Reading, Run
from service_kit.matching.tables import emoticons

_LEAST_RUN = 3
"""Equal characters in a row that nobody writes by mistake."""
_pair = re.compile(r"(.)\1(?<![0-9])").search
_runs = re.compile(r"(.)\1+").finditer
_picture = re.compile(rf"\[(?:{'|'.join(map(re.escape, emoticons()))})\]|[\U0001f1e6-\U0001f1ff]{{2}}")
"""What readers see as one picture: an emoticon as WeChat writes it, two letters that make a flag."""
_letters = re.compile("[a-z]{2,}")
_may_show = re.compile("[\\[\U0001f1e6-\U0001f1ff]").search
_UNSEEN = "\u200b"
_NOISE = "\x01"


def has_one_reading(original: str, folded: str) -> bool:
    """Tells, by the text and its compact form, whether there is no other reading: quickly, since nearly always so."""
    if (pair := _pair(folded)) and _may_hide(original, folded, pair):
        return False
    if has_numerals(folded):
        return False
    return not (_may_show(original) and _picture.search(original))


def may_be_pinyin(folded: str) -> bool:
    """Tells whether there are letters enough for a syllable."""
    return _letters.search(folded) is not None


def other_readings(plain: Reading) -> list[Reading]:
    """Returns the further readings of a text, and marks the plain one's runs.

    Emoticons as WeChat writes them, `[微笑]`, and flags are noise; Han numerals in a row are digits; runs are cut to one
    character and to two.
    """
    found = [plain]
    if _may_show(plain.original) and (shown := _picture.sub(_as_noise, plain.original)) != plain.original:
        found.append(Reading(shown, compact(shown)))
    found += [
        Reading(reading.original, to_digits(reading.text), like=reading, numeric=True)
        for reading in found
        if has_numerals(reading.text)
    ]
    cut = []
    for reading in found:
        if runs := _runs_of(reading):
            reading.runs = runs
            cut += [_cut(reading, runs, 1), _cut(reading, runs, 2)]
    return found[1:] + cut


def sound_reading(reading: Reading) -> Reading:
    """Returns what HOMOPHONE compares of a reading: a syllable for each Han character."""
    return Reading(
        reading.original, sound(reading.text), like=reading, runs=reading.runs, numeric=reading.numeric
    )


def syllabic_reading(sounding: Reading) -> Reading | None:
    """Returns the reading in which letters that are pinyin are syllables; None if there are no such letters."""
    words = _pinyin_words(sounding) if may_be_pinyin(sounding.text) else ()
    return _syllabic(sounding, words) if words else None


def _as_noise(picture: re.Match[str]) -> str:
    """One noise character, and invisible ones for the rest, so that places stay."""
    return _NOISE + _UNSEEN * (len(picture[0]) - 1)


def _may_hide(original: str, folded: str, pair: re.Match[str] | None) -> bool:
    """Tells whether there is a run that may hide a keyword; false is certain, and found without places.

    `pair` is the first pair of equal characters.
    """
    if len(original) > SHORT:
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


def _touching(places: Places, start: int, end: int) -> Iterator[Run]:
    """Cuts characters of a reading where they are not side by side in the original: apart, or of one sign."""
    for index in range(start + 1, end):
        if places.begins[index] != places.ends[index - 1]:
            yield start, index
            start = index
    yield start, end


def _runs_of(reading: Reading) -> list[Run]:
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
    return _touching(reading.places, *run.span())


def _is_mixed(reading: Reading, start: int, end: int) -> bool:
    character = reading.text[start]
    if len(reading.original) <= SHORT and reading.original.count(character) == reading.text.count(character):
        return False  # the usual case again
    begins = reading.places.begins[start:end]
    return len({exact(reading.original[begin]) for begin in begins}) > 1


def _cut(reading: Reading, runs: list[Run], size: int) -> Reading:
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


def _pinyin_words(sounding: Reading) -> list[tuple[int, int, Sequence[str]]]:
    """Returns the runs of letters that are pinyin from beginning to end: where they stand, and their syllables."""
    return [
        (start, end, syllables)
        for run in _letters.finditer(sounding.text)
        for start, end in _touching(sounding.places, *run.span())
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
