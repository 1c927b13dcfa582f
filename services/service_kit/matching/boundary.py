"""Where a hit may begin and end: never inside a run of letters or of digits."""

from enum import Enum

from service_kit.matching.fold import exact


class CharacterClass(Enum):
    """What matters of a character for where a hit begins and ends."""

    LETTER = "letter"
    """Of a script that puts spaces between words: Latin, Greek, Cyrillic, Armenian."""
    DIGIT = "digit"
    OTHER = "other"
    """Needs no boundary; Han is among it."""


def class_of(character: str) -> CharacterClass:
    """Sorts a character that EXACT or FOLDED folded."""
    if character >= "\u2000":  # Han most of all
        return CharacterClass.OTHER
    if "0" <= character <= "9":
        return CharacterClass.DIGIT
    if character.isalpha() and (character < "\u0590" or "\u1e00" <= character <= "\u1fff"):
        return CharacterClass.LETTER
    return CharacterClass.OTHER


def at_boundary(text: str, start: int, end: int) -> bool:
    """Tells whether a span stands free in a text that EXACT folded.

    At either edge that is a letter or digit, the neighbour must not be of the same class: `vx` stands free in
    加vx1234 and not in vxx.
    """
    return not (
        (start > 0 and _runs_on(text[start - 1], text[start]))
        or (end < len(text) and _runs_on(text[end - 1], text[end]))
    )


def may_part(text: str, place: int) -> bool:
    """Tells whether a hit may begin or end at a place of a text as it was sent."""
    if (
        not 0 < place < len(text) or "\u3400" <= text[place] <= "\u9fff"
    ):  # Han most of all: no need to fold it
        return True
    return not _runs_on(*exact(text[place - 1 : place + 1]))


def _runs_on(left: str, right: str) -> bool:
    sort = class_of(left)
    return sort is not CharacterClass.OTHER and class_of(right) is sort
