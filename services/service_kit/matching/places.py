"""Where the characters of a compact text stand in the text it was made of."""

from service_kit.matching.fold import compact
from service_kit.matching.tables import dropped, folding, is_dropped

_fold = folding().__getitem__
_uneven = dropped() | {chr(code) for code, folded in enumerate(folding()) if isinstance(folded, str)}
"""Characters that are not one character of a compact text, and no noise either."""


class Places:
    """Spans of the original, half open, by character of what it reads as."""

    __slots__ = ("begins", "ends", "single")

    def __init__(self, begins: list[int], ends: list[int], *, single: bool) -> None:
        """Takes where each begins, and where it ends: behind the invisible characters that follow it.

        `single` tells that no two share a place, as they do in ㎏: then equal lengths mean that nothing is between.
        """
        self.begins = begins
        self.ends = ends
        self.single = single


def places_of(original: str) -> Places:
    """Finds the places of a text's compact form."""
    if _uneven.isdisjoint(original):  # nearly always: each character is noise or folds to one
        begins = [index for index, folded in enumerate(map(_fold, map(ord, original))) if folded is not None]
        return Places(begins, [begin + 1 for begin in begins], single=True)
    begins, ends = [], []
    single = True
    size = 0
    """Characters that the last visible one folded to."""
    for index, character in enumerate(original):
        if folded := compact(character):
            size = len(folded)
            single = single and size == 1
            begins += [index] * size
            ends += [index + 1] * size
        elif size and ends[-1] == index and is_dropped(character):
            ends[-size:] = [index + 1] * size
    return Places(begins, ends, single=single)
