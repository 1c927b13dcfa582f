"""Brings all the foldings together: every character to characters that fold no further."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from tables.case import small
from tables.classes import DROPPED, NOISE, class_by_nature
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
    if removed := class_by_nature_alone(character):
        return Folded("", removed=removed)
    if (step := _step(character)) is None:
        removed = class_by_nature(character)
        return Folded("" if removed else character, removed=removed)
    text, kind = step
    parts = [resolve(part) for part in text]
    folded = "".join(part.text for part in parts)
    if not folded:
        unseen = parts and all(part.removed == DROPPED for part in parts)
        return Folded("", removed=DROPPED if unseen else NOISE)
    return Folded(folded, frozenset({kind}).union(*(part.kinds for part in parts)))


def class_by_nature_alone(character: str) -> str | None:
    """Sorts out what is removed whatever forms it has: marks and fillers, and the dividers listed by hand."""
    removed = class_by_nature(character)
    if removed == DROPPED or (removed == NOISE and category(character)[0] not in "SP"):
        return removed
    return removed if character in "™℠" else None


def lines() -> Iterator[str]:
    """Gives `code<TAB>folded<TAB>kind`, sorted, for every character that folds to others."""
    for code in range(sys.maxunicode + 1):
        folded = resolve(chr(code))
        if folded.text and folded.text != chr(code):
            yield f"{code:04X}\t{folded.text}\t{most_telling(set(folded.kinds))}"
