"""The tables as arrays by code point, for folding many texts at once."""

import sys

import numpy as np
import numpy.typing as npt

from service_kit.matching.fold import EXACT_TABLE
from service_kit.matching.tables import first_reading_table, folded, numerals, removed

CodePoints = npt.NDArray[np.uint32]

DROPPED, NOISE, SEVERAL = 0, 1, 3
"""What FOLDED has for characters that fold to nothing and show nothing, to nothing, to several characters: code points
that fold to nothing themselves, and are not the separator."""
SEPARATOR = "\x02"
"""Stands between joined texts: noise in them, but kept here."""
_ENCODING = "utf-32-le"
_TYPE = np.dtype("<u4")


def encode(text: str) -> CodePoints:
    """Returns a text's code points."""
    return np.frombuffer(text.encode(_ENCODING, "surrogatepass"), _TYPE)


def decode(codes: CodePoints) -> str:
    """Returns the text of code points."""
    return codes.astype(_TYPE, copy=False).tobytes().decode(_ENCODING, "surrogatepass")


def _exact() -> CodePoints:
    table = np.arange(sys.maxunicode + 1, dtype=_TYPE)
    table[: len(EXACT_TABLE)] = EXACT_TABLE
    return table


def _folded() -> CodePoints:
    table = np.arange(sys.maxunicode + 1, dtype=_TYPE)
    for codes, kind in removed():
        table[codes.start : codes.stop] = DROPPED if kind == "dropped" else NOISE
    for code, text, _ in folded():
        table[code] = ord(text) if len(text) == 1 else SEVERAL
    table[ord(SEPARATOR)] = ord(SEPARATOR)
    return table


def _sounds() -> CodePoints:
    table = np.arange(sys.maxunicode + 1, dtype=_TYPE)
    known = first_reading_table()
    table[: len(known)] = [code if isinstance(code, int) else NOISE for code in known]
    return table


def _numerals() -> npt.NDArray[np.uint8]:
    table = np.zeros(sys.maxunicode + 1, dtype=np.uint8)
    table[ord("0") : ord("9") + 1] = 1
    table[[ord(numeral) for numeral in numerals()]] = 2
    return table


EXACT = _exact()
"""What EXACT makes of each code point."""
FOLDED = _folded()
"""What FOLDED makes of it."""
SOUNDS = _sounds()
"""What HOMOPHONE makes of what FOLDED left."""
NUMERALS = _numerals()
"""1 for digits, 2 for Han numerals, 0 for all else."""
