"""How tolerant a keyword's comparison with a text is; rule.proto explains each mode."""

from enum import Enum


class MatchMode(Enum):
    """Match modes, each finding all that the one before it finds."""

    EXACT = "exact"
    FOLDED = "folded"
    HOMOPHONE = "homophone"
