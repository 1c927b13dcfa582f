"""Folding: the form in which keywords and texts are compared.

EXACT folds letter case and character width, one character to one character, so that offsets into the folded
text are offsets into the original. FOLDED leaves out what does not count and folds the rest by the tables.
"""

import unicodedata
from itertools import chain

import numpy as np

from service_kit.matching.modes import MatchMode
from service_kit.matching.numerals import to_digits
from service_kit.matching.pinyin import spelled
from service_kit.matching.tables import DROPPED, NOISE, SEVERAL, folding, several


def _width(character: str) -> str:
    """Folds full-width and half-width forms to the ordinary character, where that is one character."""
    if unicodedata.decomposition(character).startswith(("<wide>", "<narrow>")):
        ordinary = unicodedata.normalize("NFKC", character)
        return ordinary if len(ordinary) == 1 else character
    return character


def _case(character: str) -> str:
    if unicodedata.combining(character):  # U+0345 only: a mark on a letter, which FOLDED drops
        return character
    for folded in (character.casefold(), character.lower()):
        if len(folded) == 1:
            return folded
    return character


def _exact_table() -> list[int]:
    """Maps every code point, closed so that folding twice changes nothing more."""
    table = list(range(_FOLDING[-1].stop))
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
EXACT_TABLE = _exact_table()
"""A list, since `str.translate` takes three times as long with a dict that lacks most characters."""
_FOLDED = folding()
_SEVERAL = several()
UTF_32, CODE_POINT = "utf-32-le", np.dtype("<u4")
"""How texts are arrays of code points."""
FOLDED_ARRAY = np.array(_FOLDED, CODE_POINT)
_LONG = 80
"""Characters from which on looking up an array is faster than `str.translate`: twice at 200, ten times at 5,000."""


def exact(text: str) -> str:
    """Returns the text with letter case and character width folded; as long as the text itself."""
    return text.lower() if text.isascii() else text.translate(EXACT_TABLE)


def aligned(text: str) -> str:
    """Returns what FOLDED makes of each character of a text, or a mark if that is not one character; as long as the text."""
    if len(text) < _LONG:
        return text.translate(_FOLDED)
    codes = np.frombuffer(text.encode(UTF_32, "surrogatepass"), CODE_POINT)
    return FOLDED_ARRAY.take(codes).tobytes().decode(UTF_32, "surrogatepass")


def packed(text: str, folded: str) -> str:
    """Returns the compact form of a text, given the aligned one."""
    if SEVERAL in folded:
        folded = "".join([_SEVERAL.get(written, one) for written, one in zip(text, folded, strict=True)])
    return folded.replace(NOISE, "").replace(DROPPED, "")


def compact(text: str) -> str:
    """Returns what FOLDED compares, Han numerals still as they are: often shorter than the text."""
    return packed(text, aligned(text))


def fold(text: str, mode: MatchMode = MatchMode.EXACT) -> str:
    """Returns the form that is the same for all texts that a mode takes for the same.

    HOMOPHONE's writes each Han character in pinyin; what is compared are whole syllables all the same, so that two
    texts of the same form may yet differ (fang'an, fan'gan).
    """
    if mode is MatchMode.EXACT:
        return exact(text)
    folded = to_digits(compact(text))
    return folded if mode is MatchMode.FOLDED else spelled(folded)
