"""Which readings a text has: nearly always one."""

import re

from service_kit.matching.fold import aligned, packed
from service_kit.matching.numerals import has_numerals, to_digits
from service_kit.matching.odd import EMOTICON
from service_kit.matching.places import places_of, stretches_of
from service_kit.matching.reading import Reading
from service_kit.matching.runs import runs_of
from service_kit.matching.tables import DROPPED, NOISE, SEVERAL

_picture = re.compile(rf"{EMOTICON}|[\U0001f1e6-\U0001f1ff]{{2}}")
"""What readers see as one picture: an emoticon as WeChat writes it, two letters that make a flag."""
_may_show = re.compile("[\\[\U0001f1e6-\U0001f1ff]").search
_UNSEEN = "\u200b"


def reading_of(original: str, folded: str) -> Reading:
    """Returns the plain reading of a text, given the aligned form."""
    if DROPPED in folded or SEVERAL in folded:
        return Reading(original, packed(original, folded), None, lambda: places_of(original, folded))
    return Reading(original, folded.replace(NOISE, ""), stretches_of(folded))


def readings_of(original: str, folded: str) -> list[Reading]:
    """Returns the readings of a text, given its aligned form, with their runs; each may be cut, too.

    Emoticons as WeChat writes them, `[微笑]`, and flags are noise; Han numerals in a row are digits.
    """
    found = [reading_of(original, folded)]
    if _may_show(original) and (shown := _picture.sub(_as_noise, original)) != original:
        found.append(reading_of(shown, aligned(shown)))
    found += [
        reading.saying(to_digits(reading.text), numeric=True)
        for reading in found
        if has_numerals(reading.text)
    ]
    for reading in found:
        reading.runs = runs_of(reading)
    return found


def _as_noise(picture: re.Match[str]) -> str:
    """One noise character, and invisible ones for the rest, so that places stay."""
    return NOISE + _UNSEEN * (len(picture[0]) - 1)
