"""Common words by what they hold, look like and sound like.

The indexes are made of few large objects: with the 30,000 words themselves they take some megabytes.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from functools import cache, partial
from itertools import accumulate

from service_kit.matching import MatchMode, common_words, fold, sound

_SHORTEST_HOLDER = 3
"""Characters of the shortest words that hold keywords: those have two or more."""
_BETWEEN = "\n"
"""Stands between two words; no form holds it."""


class WordIndex:
    """The common words in one form; words are named by their rank, 0 for the most common."""

    def __init__(self, form: Callable[[str], str]) -> None:
        """Takes all words in a form: folded, or as they sound."""
        self.forms = tuple(word if (it := form(word)) == word else it for word in common_words())
        self._sorted = array("I", sorted(range(len(self.forms)), key=self.forms.__getitem__))
        holders = [rank for rank, form in enumerate(self.forms) if len(form) >= _SHORTEST_HOLDER]
        self._holders = array("I", holders)
        self._text = _BETWEEN.join(self.forms[rank] for rank in holders)
        lengths = (len(self.forms[rank]) + len(_BETWEEN) for rank in holders)
        self._starts = array("I", accumulate(lengths, initial=0))

    def equal(self, form: str) -> Iterator[int]:
        """Yields the words that have a form, the most common first."""
        place = bisect_left(self._sorted, form, key=self.forms.__getitem__)
        while place < len(self._sorted) and self.forms[self._sorted[place]] == form:
            yield self._sorted[place]
            place += 1

    def holding(self, form: str) -> Iterator[int]:
        """Yields the longer words that hold a form of two characters or more, the most common first."""
        found = -1 if len(form) < _SHORTEST_HOLDER - 1 or _BETWEEN in form else self._text.find(form)
        while found >= 0:
            place = bisect_right(self._starts, found) - 1
            if len(self.forms[self._holders[place]]) > len(form):
                yield self._holders[place]
            found = self._text.find(form, self._starts[place + 1])


@cache
def words_folded(mode: MatchMode) -> WordIndex:
    """Returns the common words as a mode folds them."""
    return WordIndex(partial(fold, mode=mode))


@cache
def words_sounding() -> WordIndex:
    """Returns the common words as they sound."""
    return WordIndex(sound)
