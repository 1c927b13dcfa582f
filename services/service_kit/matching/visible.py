"""Telling texts that show something from those that only look empty."""

import unicodedata

_INVISIBLE_LETTERS = frozenset("\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Fillers and an empty Braille pattern: letters and symbols to Unicode, blanks to the eye."""
_UNSEEN = frozenset({"Cc", "Cf", "Mn", "Me"})
"""Categories of characters that show nothing by themselves."""


def is_blank(text: str) -> bool:
    """Tells whether a reader sees nothing: only spaces, control and format characters, marks without a letter."""
    return all(
        character.isspace() or character in _INVISIBLE_LETTERS or unicodedata.category(character) in _UNSEEN
        for character in text
    )
