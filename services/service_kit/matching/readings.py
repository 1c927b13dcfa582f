"""Which readings a text has: nearly always one."""

import re

from service_kit.matching.fold import compact
from service_kit.matching.numerals import has_numerals, to_digits
from service_kit.matching.reading import Reading
from service_kit.matching.runs import cut_runs, may_hide_runs, runs_of
from service_kit.matching.tables import emoticons

_picture = re.compile(rf"\[(?:{'|'.join(map(re.escape, emoticons()))})\]|[\U0001f1e6-\U0001f1ff]{{2}}")
"""What readers see as one picture: an emoticon as WeChat writes it, two letters that make a flag."""
_may_show = re.compile("[\\[\U0001f1e6-\U0001f1ff]").search
_UNSEEN = "\u200b"
_NOISE = "\x01"


def has_one_reading(original: str, folded: str) -> bool:
    """Tells, by the text and its compact form, whether there is no other reading: quickly, since nearly always so."""
    if may_hide_runs(original, folded):
        return False
    if has_numerals(folded):
        return False
    return not (_may_show(original) and _picture.search(original))


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
        if runs := runs_of(reading):
            reading.runs = runs
            cut += [cut_runs(reading, runs, 1), cut_runs(reading, runs, 2)]
    return found[1:] + cut


def _as_noise(picture: re.Match[str]) -> str:
    """One noise character, and invisible ones for the rest, so that places stay."""
    return _NOISE + _UNSEEN * (len(picture[0]) - 1)
