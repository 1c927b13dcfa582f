"""Folding: the form in which keywords and texts are compared.

EXACT folds letter case and character width, one character to one character, so that offsets into the folded
text are offsets into the original.
"""

import unicodedata
from itertools import chain


def _width(character: str) -> str:
    """Folds full-width and half-width forms to the ordinary character, where that is one character."""
    if unicodedata.decomposition(character).startswith(("<wide>", "<narrow>")):
        ordinary = unicodedata.normalize("NFKC", character)
        return ordinary if len(ordinary) == 1 else character
    return character


def _case(character: str) -> str:
    for folded in (character.casefold(), character.lower()):
        if len(folded) == 1:
            return folded
    return character


def _table() -> dict[int, int]:
    """Maps every character that folding changes, closed so that folding twice changes nothing more."""
    table = {}
    for code in chain.from_iterable(_FOLDING):
        character = chr(code)
        folded = _case(_width(character))
        while folded != (again := _case(_width(folded))):
            folded = again
        if folded != character:
            table[code] = ord(folded)
    return table


_FOLDING = (range(0x3400), range(0xA000, 0xAC00), range(0xFB00, 0x11000), range(0x11800, 0x1E944))
"""Where characters with letter case or width are; between lie Han, Hangul and scripts with neither (Unicode 16)."""
_FOLDED = _table()


def fold(text: str) -> str:
    """Returns the text with letter case and character width folded; as long as the text itself."""
    return text.lower() if text.isascii() else text.translate(_FOLDED)
