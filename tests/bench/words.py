"""Keywords to measure with: rare words of a real lexicon where there is one, else generated ones."""

from __future__ import annotations

import os
from pathlib import Path

_LEXICON = Path(os.environ.get("GROUPGUARD_BENCH_DATA", "")) / "lexicon.txt"

SOURCE = (
    "rare words of a lexicon"
    if _LEXICON.exists()
    else "generated: GROUPGUARD_BENCH_DATA names no folder with a lexicon.txt"
)
"""Where the words come from, for the results."""


def words(count: int) -> list[str]:
    """Returns different words, none longer than a keyword may be."""
    if _LEXICON.exists():
        found = [word for word in _LEXICON.read_text("utf-8").splitlines() if 0 < len(word) <= 64]
        if len(found) >= count:
            return found[:count]
    first, wide = 0x4E00, 5_000  # Han characters
    return [
        chr(first + number % wide) + chr(first + number // wide * 37 % wide) + chr(first + number * 7 % wide)
        for number in range(count)
    ]
