"""What an index looks for on behalf of a keyword."""

from service_kit.matching.fold import compact, exact
from service_kit.matching.modes import MatchMode
from service_kit.matching.numerals import to_digits
from service_kit.matching.pinyin import all_sounds, in_letters
from service_kit.matching.tables import is_dropped

_LEAST = 2
"""Characters of a keyword once folded; a single one would hit everywhere."""


def why_unfit(keyword: str, mode: MatchMode) -> str | None:
    """Tells why a keyword can't be looked for in a mode; None if it can."""
    if mode is MatchMode.EXACT:
        return None
    folded = compact(keyword)
    if not folded:
        return "nothing is left of it once folded"
    noise = [character for character in keyword if not compact(character) and not is_dropped(character)]
    if noise:
        return f"it holds {noise[0]!r}, and this mode passes over marks, symbols, emoji and spaces"
    if len(folded) < _LEAST:
        return "it folds to a single character"
    return None


def patterns(keyword: str, mode: MatchMode) -> tuple[str, ...]:
    """Returns the texts that an index must find in readings of a mode; nothing twice.

    Raises:
        ValueError: the keyword is unfit for the mode.
    """
    if mode is MatchMode.EXACT:
        return (exact(keyword),)
    if why := why_unfit(keyword, mode):
        raise ValueError(f"{keyword!r}: {why}")
    folded = compact(keyword)
    forms = dict.fromkeys([folded, to_digits(folded)])
    if mode is MatchMode.HOMOPHONE:
        sounds = [sound for form in forms for sound in all_sounds(form)]
        forms = dict.fromkeys([*sounds, *map(in_letters, sounds)])
    return tuple(forms)
