"""Brings all the foldings together: every character to characters that fold no further."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import groupby

from tables.case import small
from tables.classes import DROPPED, NOISE, removed_at_last, removed_first
from tables.forms import plain_form
from tables.kinds import Kind, most_telling
from tables.lookalikes import look_alike
from tables.script import category
from tables.traditional import simplified


@dataclass(frozen=True, slots=True)
class Folded:
    """What becomes of one character: the text it folds to, why, and how it is removed if nothing is left."""

    text: str
    kinds: frozenset[Kind] = frozenset()
    removed: str | None = None


def _step(character: str) -> tuple[str, Kind] | None:
    """Gives the next form of a character, and why; None at the end."""
    if found := plain_form(character):
        return found
    if (lower := small(character)) != character:
        return lower, Kind.LETTER_FORM if category(character) == "Ll" else Kind.CASE
    if simple := simplified(character):
        return simple, Kind.TRADITIONAL
    if alike := look_alike(character):
        return alike, Kind.LOOK_ALIKE
    return None


@cache
def resolve(character: str) -> Folded:
    """Folds a character until nothing changes any more."""
    if removed := removed_first(character):
        return Folded("", removed=removed)
    if (step := _step(character)) is None:
        removed = removed_at_last(character)
        return Folded("" if removed else character, removed=removed)
    text, kind = step
    parts = [resolve(part) for part in text]
    folded = "".join(part.text for part in parts)
    if not folded:
        unseen = parts and all(part.removed == DROPPED for part in parts)
        return Folded("", removed=DROPPED if unseen else NOISE)
    return Folded(folded, frozenset({kind}).union(*(part.kinds for part in parts)))


def lines() -> Iterator[str]:
    """Gives `code<TAB>folded<TAB>kind`, sorted, for every character that folds to others."""
    for code in range(sys.maxunicode + 1):
        folded = resolve(chr(code))
        if folded.text and folded.text != chr(code):
            yield f"{code:04X}\t{folded.text}\t{most_telling(set(folded.kinds))}"


def removed_lines() -> Iterator[str]:
    """Gives `first..last<TAB>class`, sorted, for every range of characters that fold to nothing."""
    for removed, codes in groupby(range(sys.maxunicode + 1), lambda code: resolve(chr(code)).removed):
        if removed:
            first, *rest = codes
            yield f"{first:04X}..{rest[-1] if rest else first:04X}\t{removed}"
