"""The tables as arrays by code point, for folding many texts at once."""

import sys

import numpy as np
import numpy.typing as npt

from service_kit.matching.fold import CODE_POINT, EXACT_TABLE, FOLDED_ARRAY, UTF_32
from service_kit.matching.tables import first_reading_table, numerals

CodePoints = npt.NDArray[np.uint32]
Mask = npt.NDArray[np.bool_]

SEPARATOR = "\x03"
"""Stands between joined texts: noise in them, but kept here."""
A_DIGIT, A_NUMERAL = 1, 3


def encode(text: str) -> CodePoints:
    """Returns a text's code points."""
    return np.frombuffer(text.encode(UTF_32, "surrogatepass"), CODE_POINT)


def decode(codes: CodePoints) -> str:
    """Returns the text of code points."""
    return codes.astype(CODE_POINT, copy=False).tobytes().decode(UTF_32, "surrogatepass")


def _beginning(table: list[int]) -> CodePoints:
    """Returns a table for all code points, given that for the first."""
    whole = np.arange(sys.maxunicode + 1, dtype=CODE_POINT)
    whole[: len(table)] = table
    return whole


def _numerals() -> npt.NDArray[np.uint8]:
    table = np.zeros(sys.maxunicode + 1, dtype=np.uint8)
    table[ord("0") : ord("9") + 1] = A_DIGIT
    table[[ord(numeral) for numeral in numerals()]] = A_NUMERAL
    return table


EXACT = _beginning(EXACT_TABLE)
"""What EXACT makes of each code point."""
FOLDED = FOLDED_ARRAY.copy()
"""What FOLDED makes of it, or a mark."""
FOLDED[ord(SEPARATOR)] = ord(SEPARATOR)
SOUNDS = _beginning(first_reading_table())
"""What HOMOPHONE makes of what FOLDED left."""
NUMERALS = _numerals()
"""1 for digits, 3 for Han numerals, 0 for all else."""
