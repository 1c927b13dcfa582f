"""Why a written text counts as a keyword."""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from service_kit.matching.fold import aligned, compact
from service_kit.matching.folding_kind import FoldingKind
from service_kit.matching.modes import MatchMode
from service_kit.matching.numerals import to_digits
from service_kit.matching.patterns import patterns
from service_kit.matching.reading import Reading
from service_kit.matching.readings import reading_of, readings_of
from service_kit.matching.runs import cut_readings
from service_kit.matching.sounds import sound_reading, syllabic_reading
from service_kit.matching.tables import is_dropped, kind_of

_REMEMBERED = 10_000
_REMOVED = {
    FoldingKind.INVISIBLE: "zero-width removed",
    FoldingKind.NOISE: "noise removed",
    FoldingKind.REPEAT: "repeats cut",
}
_NAMES = {
    FoldingKind.CASE: "letter case",
    FoldingKind.WIDTH: "width",
    FoldingKind.TRADITIONAL: "traditional",
    FoldingKind.LETTER_FORM: "letter form",
    FoldingKind.LOOK_ALIKE: "looks alike",
    FoldingKind.DIGIT_FORM: "digit form",
    FoldingKind.COMPATIBILITY: "compatibility form",
    FoldingKind.HAN_NUMERAL: "numeral",
    FoldingKind.SOUND: "same sound",
    FoldingKind.PINYIN: "pinyin",
}


@dataclass(frozen=True, slots=True)
class Folding:
    """One thing that makes a written text count as a keyword."""

    kind: FoldingKind
    written: str
    read_as: str
    """Empty for what was left out."""


@lru_cache(_REMEMBERED)
def foldings(written: str, keyword: str, mode: MatchMode) -> tuple[Folding, ...]:
    """Tells what was folded so that a hit's text and its keyword became the same.

    Nothing for equal texts; invisible characters of the keyword make no difference.
    """
    if written == keyword:
        return ()
    if mode is MatchMode.EXACT:
        return tuple(
            dict.fromkeys(
                Folding(_kind(one, other), one, other)
                for one, other in zip(written, keyword, strict=True)
                if one != other
            )
        )
    alike = [
        (reading, start, start + len(pattern))
        for reading in _readings(written, mode)
        for pattern in patterns(keyword, mode)
        if (start := reading.text.find(pattern)) >= 0
    ]
    if not alike:
        return ()
    reading, start, end = max(alike, key=lambda it: it[2] - it[1] - len(it[0].text))  # all of it, if possible
    return tuple(dict.fromkeys(_aligned(written, reading, start, end, keyword)))


def explanation(written: str, keyword: str, found: tuple[Folding, ...]) -> str:
    r"""Says the same for people, as `加\u200b微 → 加微: zero-width removed`; empty without foldings."""
    if not found:
        return ""
    reasons = dict.fromkeys(
        _REMOVED.get(it.kind) or f"{_shown(it.written)} = {it.read_as} ({_NAMES[it.kind]})" for it in found
    )
    return f"{_shown(written)} → {keyword}: {', '.join(reasons)}"


def _readings(written: str, mode: MatchMode) -> Iterator[Reading]:
    for uncut in readings_of(written, aligned(written)):
        reading = uncut if mode is MatchMode.FOLDED else sound_reading(uncut)
        for one in (reading, *cut_readings(reading)):
            yield one
            if mode is MatchMode.HOMOPHONE and (syllabic := syllabic_reading(one)):
                yield syllabic


def _aligned(written: str, reading: Reading, start: int, end: int, keyword: str) -> Iterator[Folding]:
    """Goes through the hit character by character, and through the keyword beside it."""
    begins, ends = reading.places().begins, reading.places().ends
    places = reading_of(keyword, aligned(keyword)).places().begins
    if len(places) != end - start:  # a keyword of Han, written in letters
        yield Folding(FoldingKind.PINYIN, written[begins[start] : ends[end - 1]], keyword)
        return
    if start:  # the hit begins inside a run, which belongs to it all the same
        yield Folding(FoldingKind.REPEAT, written[: ends[start]], written[0])
    for index in range(start, end):
        if index + 1 < end and begins[index + 1] == begins[index]:
            continue  # one sign for several characters: told at the last of them
        first = bisect_left(begins, begins[index], start)
        asked = "".join(keyword[place] for place in dict.fromkeys(places[first - start : index + 1 - start]))
        yield from _one(written[begins[index] : ends[index]], asked)
        if index + 1 < end and (gap := written[ends[index] : begins[index + 1]]):
            yield Folding(FoldingKind.NOISE, gap, "")
    if end < len(reading.text):
        yield Folding(FoldingKind.REPEAT, written[begins[end - 1] :], written[begins[end - 1]])


def _one(written: str, asked: str) -> Iterator[Folding]:
    """Tells what makes a piece of the text a character of the keyword, or several."""
    kept = "".join(character for character in written if not is_dropped(character))
    if kept != written:
        yield Folding(FoldingKind.INVISIBLE, "".join(filter(is_dropped, written)), "")
    if len(kept) > 1 and len({compact(character) for character in kept}) == 1:
        yield Folding(FoldingKind.REPEAT, kept, kept[0])
        kept = kept[0]
    if kept != asked:
        yield Folding(_kind(kept, asked), kept, asked)


def _kind(written: str, asked: str) -> FoldingKind:
    if compact(written) == compact(asked):
        return kind_of(written) or kind_of(asked) or FoldingKind.COMPATIBILITY
    if to_digits(compact(written) * 3) == to_digits(compact(asked) * 3):
        return FoldingKind.HAN_NUMERAL
    return FoldingKind.PINYIN if written.isascii() else FoldingKind.SOUND


def _shown(text: str) -> str:
    """Writes invisible characters and line breaks as escapes."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )
