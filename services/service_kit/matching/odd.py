"""Telling the few texts that must be read in other ways than the plain one from those that need not."""

import re

from service_kit.matching.finders import Finders, Found
from service_kit.matching.fold import EXACT_TABLE
from service_kit.matching.numerals import has_numerals
from service_kit.matching.pinyin import sound
from service_kit.matching.runs import long_runs, runs
from service_kit.matching.sounds import find_letters, has_pinyin, has_vowel
from service_kit.matching.tables import DROPPED, NOISE, SEVERAL, emoticons, folding

EMOTICON = rf"\[(?:{'|'.join(map(re.escape, emoticons()))})\]"
find_emoticon = re.compile(EMOTICON)


def _reshaped() -> str:
    """Returns the characters of which FOLDED makes others than EXACT does, as far as two bytes reach."""
    table = folding()
    return "".join(
        chr(code)
        for code in range(0x10000)
        if table[code] != EXACT_TABLE[code] and chr(table[code]) not in (DROPPED, NOISE, SEVERAL)
    )


_may_be_mixed = re.compile(f"[{re.escape(_reshaped())}\U00010000-\U0001f2ff\U0001fb00-\U0010ffff]").search
"""Finds what may give a letter two forms, and beyond two bytes much else, but not emoji: many ranges would be slow."""


def is_odd(original: str, folded: str, visible: str, finders: Finders[Found]) -> bool:
    """Tells whether a text must be read in all ways: its places are uneven, or another reading may hold a keyword.

    Args:
        original: the text as it was sent.
        folded: its aligned form.
        visible: the same without noise.
        finders: what looks for keywords.
    """
    if DROPPED in visible or SEVERAL in visible or has_numerals(visible):
        return True
    if "[" in original and find_emoticon.search(original):
        return True
    pair = runs.search(visible)
    if pair is None:
        return False
    mixed = _may_be_mixed(original) is not None
    if not mixed and long_runs.search(visible, pair.start()) is None:
        return False
    return _runs_hide(folded, visible, runs if mixed else long_runs, finders)


def _runs_hide(folded: str, visible: str, kind: re.Pattern[str], finders: Finders[Found]) -> bool:
    """Tells whether a keyword may be behind a run: it has the run's character, and beside it a neighbour of the run or itself.

    Cutting runs brings no others together. But it may make pinyin of letters.
    """
    pairs = {
        visible[max(left, 0) : left + 2]
        for run in kind.finditer(visible)
        for left in (run.start() - 1, run.start(), run.end() - 1)
    }
    if finders.folded and any(map(finders.folded_may_meet, pairs)):
        return True
    return finders.homophone is not None and (
        any(finders.sounds_may_meet(sound(pair)) for pair in pairs)
        or has_pinyin(folded)
        or any(has_vowel(word) and kind.search(word) for word in find_letters(visible))
    )
