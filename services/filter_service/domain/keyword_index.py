"""What finds a corp's keywords in texts."""

from collections.abc import Mapping

from filter_service.domain.index import PatternIndex, Postings
from service_kit.matching import Finders, MatchMode, Occurrence, scan
from service_kit.matching.pairs import unknown

Indexes = Mapping[MatchMode, PatternIndex]
"""For every mode that a corp uses, the index of its patterns."""


def finders_of(indexes: Indexes) -> Finders[Postings]:
    """Returns what `scan` needs: a text is passed once through each index, whatever the number of rules."""
    exact, folded = indexes.get(MatchMode.EXACT), indexes.get(MatchMode.FOLDED)
    homophone = indexes.get(MatchMode.HOMOPHONE)
    return Finders(
        exact.find if exact else None,
        folded.find if folded else None,
        homophone.find if homophone else None,
        folded.may_meet if folded else unknown,
        homophone.may_meet if homophone else unknown,
    )


def occurrences(indexes: Indexes, text: str) -> list[Occurrence[Postings]]:
    """Returns every occurrence of every keyword and allow phrase of a corp in a text."""
    return scan(text, finders_of(indexes))
