"""Scanning texts: one pass of an index over each reading, and a look at the original wherever something is found."""

from collections.abc import Callable, Sequence
from typing import Generic, NamedTuple, TypeVar

from service_kit.matching.boundary import at_boundary
from service_kit.matching.fold import compact, exact
from service_kit.matching.pinyin import sound
from service_kit.matching.reading import Reading
from service_kit.matching.readings import has_one_reading, other_readings
from service_kit.matching.sounds import may_be_pinyin, sound_reading, syllabic_reading

Found = TypeVar("Found")
Find = Callable[[str], Sequence[tuple[int, int, Found]]]
"""Finds all patterns of one mode in a reading: (start, end, what was found), overlapping ones too."""
Occurrence = tuple[int, int, Found]
"""(start, end, what was found): code points of the original text, half open."""


class Finders(NamedTuple, Generic[Found]):
    """What finds the patterns of each mode; None where a mode has none."""

    exact: Find[Found] | None = None
    folded: Find[Found] | None = None
    homophone: Find[Found] | None = None


def scan(text: str, finders: Finders[Found]) -> list[Occurrence[Found]]:
    """Returns every occurrence that stands, once each, in no order.

    Spans are as wide as what a reader takes for the keyword: with marks on its last letter, with all of a run of
    equal characters at its edges.
    """
    in_exact, in_folded, in_sounds = finders
    occurrences: list[Occurrence[Found]] = []
    if in_exact:
        folded = exact(text)
        occurrences += [hit for hit in in_exact(folded) if at_boundary(folded, hit[0], hit[1])]
    if not in_folded and not in_sounds:
        return occurrences
    folded = compact(text)
    if has_one_reading(text, folded):
        if in_folded and (hits := in_folded(folded)):
            occurrences += _standing(Reading(text, folded), hits)
        if not in_sounds:
            return occurrences
        said = sound(folded)
        hits = in_sounds(said)
        if hits or may_be_pinyin(said):
            occurrences += _sounding(sound_reading(Reading(text, folded), said), hits, in_sounds)
        return occurrences
    plain = Reading(text, folded)
    found: list[Occurrence[Found]] = []
    for reading in (*other_readings(plain), plain):  # plain last: it learns of its runs on the way
        if in_folded:
            found += _standing(reading, in_folded(reading.text))
        if in_sounds:
            said = sound(reading.text)
            found += _sounding(sound_reading(reading, said), in_sounds(said), in_sounds)
    return occurrences + _once(found)


def _standing(reading: Reading, hits: Sequence[Occurrence[Found]]) -> list[Occurrence[Found]]:
    """Keeps the hits in a reading that stand, and places them in the original."""
    return [(*span, what) for start, end, what in hits if (span := reading.span(start, end)) is not None]


def _sounding(
    sounding: Reading, hits: Sequence[Occurrence[Found]], find: Find[Found]
) -> list[Occurrence[Found]]:
    """Does as `_standing` with hits in the sound of a reading, and with what is found in its pinyin."""
    found = _standing(sounding, hits)
    if (syllabic := syllabic_reading(sounding)) is None:
        return found
    return _once(found + _standing(syllabic, find(syllabic.text)))


def _once(found: list[Occurrence[Found]]) -> list[Occurrence[Found]]:
    """Drops what several readings have in common."""
    return list({(begin, end, id(what)): (begin, end, what) for begin, end, what in found}.values())
