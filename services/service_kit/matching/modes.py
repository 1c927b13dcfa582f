"""How closely a text must resemble a keyword."""

from enum import Enum


class MatchMode(Enum):
    """Each mode folds more away than the one before it."""

    EXACT = "exact"
    """Letter case and character width."""
    FOLDED = "folded"
    """Also variants, look-alikes, digit forms and noise."""
    HOMOPHONE = "homophone"
    """Also characters that sound alike."""
