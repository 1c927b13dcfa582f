"""Common words by what they hold, equal and sound like.

The words are folded already, one character to one, so they are the same in every match mode. They are named by their
rank, 0 for the most common. The indexes are made of few large objects, to take little memory beside the words.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import accumulate

from service_kit.matching import common_words, sound

_SHORTEST = 2
"""Characters of a keyword that is looked for inside words: single ones are in thousands."""
_BETWEEN = "\n"
"""Stands between two words in one long text."""


class EqualWords:
    """Finds words by their form: how they are spelled, or how they sound."""

    def __init__(self, forms: Sequence[str]) -> None:
        """Takes the forms of all words, by rank."""
        self._forms = forms
        self._sorted = array("I", sorted(range(len(forms)), key=forms.__getitem__))

    def ranks(self, form: str) -> Iterator[int]:
        """Yields the words that have a form, the most common first."""
        place = bisect_left(self._sorted, form, key=self._forms.__getitem__)
        while place < len(self._sorted) and self._forms[self._sorted[place]] == form:
            yield self._sorted[place]
            place += 1


class HoldingWords:
    """Finds words by a part of them, in one long text: some 20 µs, and no table of all parts in memory."""

    def __init__(self, words: Sequence[str]) -> None:
        """Takes all words, by rank."""
        self._words = words
        self._holders = array("I", (rank for rank, word in enumerate(words) if len(word) > _SHORTEST))
        self._text = _BETWEEN.join(words[rank] for rank in self._holders)
        lengths = (len(words[rank]) + len(_BETWEEN) for rank in self._holders)
        self._starts = array("I", accumulate(lengths, initial=0))

    def ranks(self, part: str) -> Iterator[int]:
        """Yields the words that hold a part of two characters or more, and more than it; the most common first."""
        found = -1 if len(part) < _SHORTEST or _BETWEEN in part else self._text.find(part)
        while found >= 0:
            place = bisect_right(self._starts, found) - 1
            if len(self._words[self._holders[place]]) > len(part):
                yield self._holders[place]
            found = self._text.find(part, self._starts[place + 1])


@cache
def words_holding() -> HoldingWords:
    """Returns the common words by what lies inside them."""
    return HoldingWords(common_words())


@cache
def words_spelled() -> EqualWords:
    """Returns the common words by their spelling."""
    return EqualWords(common_words())


@cache
def words_sounding() -> EqualWords:
    """Returns the common words by their sound."""
    return EqualWords(tuple(map(sound, common_words())))
