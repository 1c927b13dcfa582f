"""The sound of a text: toneless pinyin, by character.

In what is compared, a syllable is one private-use character: 方案 (fang an) and 反感 (fan gan) differ, as they would
not in letters. Private-use characters of a customer's text never get here: FOLDED leaves them out.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import islice, product
from operator import methodcaller

from service_kit.matching.tables import first_reading_table, readings, syllables

MOST_READINGS = 8
"""Readings of one keyword that are looked for."""
_WORDS, _LONGEST_WORD = 20_000, 24
"""Words in letters that are remembered, since people use the same ones again, and the letters of the longest."""
_LONGEST_SYLLABLE = max(map(len, syllables()))
_FIRST = first_reading_table()
_TOKENS = syllables()
_SYLLABLES = {token: syllable for syllable, token in _TOKENS.items()}
_SPELLED = {ord(token): syllable for token, syllable in _SYLLABLES.items()}


sound: Callable[[str], str] = methodcaller("translate", _FIRST)
"""Replaces each Han character by the syllable of its first reading; as long as the folded text itself."""


def spelled(folded: str) -> str:
    """Writes a folded text in pinyin letters."""
    return sound(folded).translate(_SPELLED)


def all_sounds(folded: str) -> list[str]:
    """Returns up to 8 sounds of a folded keyword, its characters' first readings first."""
    choices = [[_TOKENS[reading] for reading in readings(character)] or [character] for character in folded]
    # Of readings that differ in early characters first, since product() varies the last one fastest.
    return ["".join(sound) for sound in islice(product(*choices), MOST_READINGS)]


def in_letters(sound: str) -> str:
    """Writes syllables out in letters."""
    return sound.translate(_SPELLED)


def segmented(letters: str) -> Sequence[str] | None:
    """Cuts letters into syllables, the longest first; None if they are no pinyin.

    Returns:
        The syllables, in letters.
    """
    return _segmented_word(letters) if len(letters) <= _LONGEST_WORD else _segmented(letters)


def _segmented(letters: str) -> Sequence[str] | None:
    ends: list[int | None] = [None] * len(letters) + [len(letters)]
    """Where the syllable that begins here ends."""
    for start in range(len(letters) - 1, -1, -1):
        for end in range(min(start + _LONGEST_SYLLABLE, len(letters)), start, -1):
            if ends[end] is not None and letters[start:end] in _TOKENS:
                ends[start] = end
                break
    found: list[str] = []
    start = 0
    while start < len(letters):
        stop = ends[start]
        if stop is None:
            return None
        found.append(letters[start:stop])
        start = stop
    return found or None


_segmented_word = lru_cache(_WORDS)(_segmented)


def token(syllable: str) -> str:
    """Returns the character that stands for a syllable."""
    return _TOKENS[syllable]
