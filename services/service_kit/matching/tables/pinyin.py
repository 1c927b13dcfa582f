"""Toneless readings of Han characters, and one private-use code point per syllable to compare them by."""

from functools import cache

from service_kit.matching.tables.characters import folding
from service_kit.matching.tables.files import lines

_FIRST_SYLLABLE = 0xE000
"""Private use: folding removes it from texts, so that no text can bring its own."""


@cache
def _readings() -> dict[str, tuple[str, ...]]:
    rows = (line.split("\t") for line in lines("pinyin.tsv"))
    shared: dict[str, tuple[str, ...]] = {}
    return {character: shared.setdefault(said, tuple(said.split(" "))) for character, said in rows}


def readings(character: str) -> tuple[str, ...]:
    """Gives the readings of a folded Han character, the usual one first and ü as v; empty for any other character."""
    return _readings().get(character, ())


@cache
def syllables() -> dict[str, str]:
    """Maps every syllable that some character is read with to its private-use code point."""
    known = sorted({syllable for said in _readings().values() for syllable in said})
    return {syllable: chr(_FIRST_SYLLABLE + index) for index, syllable in enumerate(known)}


@cache
def first_reading_table() -> list[int]:
    """Gives the table for `str.translate` from folded text to its usual reading: Han to syllables, the rest to itself."""
    usual = {ord(character): said[0] for character, said in _readings().items()}
    table = folding()[: max(usual) + 1]
    code_points = {syllable: ord(character) for syllable, character in syllables().items()}
    for code, syllable in usual.items():
        table[code] = code_points[syllable]
    return table
