"""Where a text holds keywords."""

from collections.abc import Iterator, Mapping

from filter_service.domain.index import PatternIndex, Postings
from service_kit.matching import at_boundary, fold
from service_kit.matching.modes import MatchMode

Indexes = Mapping[MatchMode, PatternIndex]
"""For every mode that a corp uses, the index of its patterns."""


def occurrences(indexes: Indexes, text: str) -> Iterator[tuple[int, int, Postings]]:
    """Yields every occurrence of every keyword that stands free, overlapping ones too.

    Yields:
        (start, end, postings): code points of the text, half open, and the keywords that are found there.
    """
    index = indexes.get(MatchMode.EXACT)
    if index is None:
        return
    folded = fold(text)
    for start, end, postings in index.find(folded):
        if at_boundary(folded, start, end):
            yield start, end, postings
