"""Scanning texts: one pass of an index over each reading, and a look at the original wherever something is found."""

from service_kit.matching.boundary import at_boundary
from service_kit.matching.finders import Find, Finders, Found
from service_kit.matching.fold import aligned, exact
from service_kit.matching.odd import is_odd
from service_kit.matching.pinyin import sound
from service_kit.matching.places import stretches_of
from service_kit.matching.reading import Reading
from service_kit.matching.readings import readings_of
from service_kit.matching.runs import cut_readings
from service_kit.matching.sounds import has_pinyin, sound_reading, syllabic_reading
from service_kit.matching.tables import NOISE

Occurrence = tuple[int, int, Found]
"""(start, end, what was found): code points of the original text, half open."""


def scan(text: str, finders: Finders[Found]) -> list[Occurrence[Found]]:
    """Returns every occurrence that stands, once each, in no order.

    Spans are as wide as what a reader takes for the keyword: with marks on its last letter, with all of a run of
    equal characters at its edges.
    """
    occurrences = scan_exactly(exact(text), finders.exact) if finders.exact else []
    if finders.folded or finders.homophone:
        folded = aligned(text)
        visible = folded.replace(NOISE, "")
        if is_odd(text, folded, visible, finders):
            occurrences += scan_all_readings(text, folded, finders)
        else:
            occurrences += scan_plainly(text, folded, visible, finders)
    return occurrences


def scan_exactly(folded: str, find: Find[Found]) -> list[Occurrence[Found]]:
    """Returns what stands in a text that EXACT folded."""
    return [hit for hit in find(folded) if at_boundary(folded, hit[0], hit[1])]


def scan_plainly(text: str, folded: str, visible: str, finders: Finders[Found]) -> list[Occurrence[Found]]:
    """Returns what FOLDED and HOMOPHONE find in a text that is not odd, given its aligned form, and that without noise."""
    found: list[Occurrence[Found]] = []
    stretches = None
    if finders.folded and (hits := finders.folded(visible)):
        stretches = stretches_of(folded)
        found += Reading(text, visible, stretches).standing(hits)
    if finders.homophone:
        said = sound(visible)
        hits, in_letters = finders.homophone(said), has_pinyin(folded)
        if hits or in_letters:
            sounding = Reading(text, said, stretches or stretches_of(folded))
            standing = sounding.standing(hits)
            found += _once(standing + _in_syllables(sounding, finders)) if in_letters else standing
    return found


def scan_all_readings(text: str, folded: str, finders: Finders[Found]) -> list[Occurrence[Found]]:
    """Returns what FOLDED and HOMOPHONE find in any of a text's readings, once each, given its aligned form."""
    found: list[Occurrence[Found]] = []
    for reading in readings_of(text, folded):
        for one in (reading, *cut_readings(reading)):
            if finders.folded:
                found += one.standing(finders.folded(one.text))
            if finders.homophone:
                sounding = sound_reading(one)
                found += sounding.standing(finders.homophone(sounding.text))
                found += _in_syllables(sounding, finders)
    return _once(found)


def _in_syllables(sounding: Reading, finders: Finders[Found]) -> list[Occurrence[Found]]:
    """Finds what stands in the sound of a reading only if letters that are pinyin are syllables."""
    find, reading = finders.homophone, syllabic_reading(sounding, finders.sounds_may_meet)
    return reading.standing(find(reading.text)) if find and reading else []


def _once(found: list[Occurrence[Found]]) -> list[Occurrence[Found]]:
    """Drops what several readings have in common."""
    return list({(begin, end, id(what)): (begin, end, what) for begin, end, what in found}.values())
