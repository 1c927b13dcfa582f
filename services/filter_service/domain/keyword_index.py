"""What finds a corp's keywords in texts."""

from collections.abc import Mapping

from filter_service.domain.index import PatternIndex, Postings
from service_kit.matching import Finders, MatchMode, Occurrence, scan

Indexes = Mapping[MatchMode, PatternIndex]
"""For every mode that a corp uses, the index of its patterns."""


def finders_of(indexes: Indexes) -> Finders[Postings]:
    """Returns what `scan` needs: a text is passed once through each index, whatever the number of rules."""
    exact, folded, homophone = (indexes.get(mode) for mode in MatchMode)
    return Finders(
        exact.find if exact else None,
        folded.find if folded else None,
        homophone.find if homophone else None,
    )


def occurrences(indexes: Indexes, text: str) -> list[Occurrence[Postings]]:
    """Returns every occurrence of every keyword and allow phrase of a corp in a text."""
    return scan(text, finders_of(indexes))
