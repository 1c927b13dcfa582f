"""One automaton and what its patterns stood for when it was built."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from filter_service.domain.index.automaton import SMALL, Engine
from filter_service.domain.index.posting import Postings
from service_kit.matching.pairs import Pairs

_LONE_SURROGATES = re.compile("[\ud800-\udfff]")

Occurrence = tuple[int, int, Postings]
"""(start, end, postings): code points of the text, half open."""

Find = Callable[[str], Sequence[Occurrence]]
"""Finds patterns in a text that is folded as they are."""

_Chain: TypeAlias = "tuple[int, str, Postings, _Chain] | None"
"""A pattern's length, itself, its postings, and the longest other pattern that it ends with."""


class Tier:
    """Immutable, but for what it remembers of patterns once found."""

    __slots__ = ("_chains", "_hits", "_links", "_lists_suffixes", "_patterns", "pairs", "postings")

    def __init__(self, postings: Mapping[str, Postings], engine: Engine) -> None:
        """Builds the automaton.

        Args:
            postings: by pattern.
            engine: makes the automaton, unless there are no patterns.
        """
        self.postings = postings
        self._patterns = tuple(postings)
        self.pairs = Pairs(self._patterns)
        automaton = engine(self._patterns) if postings else None
        self._hits = automaton.hits if automaton else None
        self._lists_suffixes = automaton is not None and automaton.lists_suffixes
        self._links: dict[int, _Chain] = {}
        self._chains: dict[str, _Chain] = {}

    def finder(self, newer: Mapping[str, Postings]) -> Find:
        """Returns a function that finds every occurrence of every pattern, overlapping ones too, in no particular order.

        Its effort is proportional to the characters and occurrences: a pattern's suffixes are looked for when it is
        found for the first time.

        Args:
            newer: postings that have changed since the automaton was built; patterns without any are not reported.
        """
        if self._hits is None:
            return lambda _: ()
        listed, links, linked = self._hits, self._links, self._link

        def find(text: str) -> Sequence[Occurrence]:
            try:
                hits = listed(text)
            except UnicodeEncodeError:  # no pattern holds half an emoji
                hits = listed(_LONE_SURROGATES.sub("\ufffd", text))
            if not hits:
                return ()
            found: list[Occurrence] = []
            for _, end, index in hits:
                link: _Chain = links.get(index) or linked(index)
                while link is not None:
                    size, pattern, postings, link = link
                    if newer:
                        postings = newer.get(pattern, postings)
                    if postings:
                        found.append((end - size, end, postings))
            return found

        return find

    def _link(self, index: int) -> _Chain:
        link = self._links[index] = self._chain(self._patterns[index])
        return link

    def _chain(self, pattern: str) -> _Chain:
        """Links a pattern to those that it ends with; what follows a link is shared, so there is one for a pattern."""
        shorter: _Chain = None
        if not self._lists_suffixes:
            for size in range(1, len(pattern)):
                suffix = pattern[-size:]
                if suffix in self.postings:
                    shorter = self._chains.get(suffix) or self._chained(suffix, shorter)
        return self._chains.get(pattern) or self._chained(pattern, shorter)

    def _chained(self, pattern: str, shorter: _Chain) -> _Chain:
        link = self._chains[pattern] = len(pattern), pattern, self.postings[pattern], shorter
        return link


NO_PATTERNS = Tier({}, SMALL)
