"""Letter case, the same under every Python: case folding of an assigned character never changes in Unicode."""

from collections import defaultdict
from functools import cache

from tables.script import category

_SINCE_UNICODE_15 = {0x1C89: 0x1C8A, 0xA7CB: 0x264, 0xA7CC: 0xA7CD, 0xA7DA: 0xA7DB, 0xA7DC: 0x19B} | {
    code: code + 0x20 for code in range(0x10D50, 0x10D66)
}
"""Capitals of Unicode 15 and 16, which the oldest Python allowed (3.11, Unicode 14) does not know."""


def small(character: str) -> str:
    """Folds the case of one character; ß becomes two."""
    if category(character) == "Cn":
        return character
    code = _SINCE_UNICODE_15.get(ord(character))
    return chr(code) if code else character.casefold()


@cache
def _by_small() -> dict[str, list[str]]:
    found = defaultdict(list)
    for code in range(0x20000):
        character = chr(code)
        if (folded := small(character)) != character:
            found[folded].append(character)
    return dict(found)


def capitals(character: str) -> list[str]:
    """Lists what folds to this character."""
    return _by_small().get(character, [])
