"""The character tables of matching: what folds to what, what is skipped, how Han characters are read.

All but the emoticons are generated (`make tables`); SOURCES.md names what they are made of. Every table is loaded when it
is first asked for, once per process. The lists and dicts are shared: nobody may change them.
"""

from service_kit.matching.tables.characters import (
    DROPPED,
    NOISE,
    SEVERAL,
    dropped,
    folded,
    folding,
    is_dropped,
    kind_of,
    numerals,
    removed,
    several,
)
from service_kit.matching.tables.pinyin import first_reading_table, readings, syllables
from service_kit.matching.tables.vocabulary import common_words, emoticons

__all__ = [
    "DROPPED",
    "NOISE",
    "SEVERAL",
    "common_words",
    "dropped",
    "emoticons",
    "first_reading_table",
    "folded",
    "folding",
    "is_dropped",
    "kind_of",
    "numerals",
    "readings",
    "removed",
    "several",
    "syllables",
]
