"""One automaton over all keywords of a corp: a text is scanned once, whatever the number of rules.

pyahocorasick looks for a node's children one after the other, and thousands of Han characters under one root would
make that slow. Fed with UTF-8 bytes, each as one Latin-1 character, no node has more than 256 children; since no
character's bytes occur inside another's, hits are the same.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import ahocorasick

from service_kit.matching import at_boundary, fold


@dataclass(frozen=True, slots=True)
class Posting:
    """Where a pattern came from."""

    rule_id: str
    keyword: str
    """As the rule spells it."""
    excuses: bool = False
    """Whether it is an allow phrase of the rule, and not a keyword."""


class KeywordIndex:
    """Immutable; equal patterns of several rules are stored once."""

    def __init__(self, postings: Iterable[Posting]) -> None:
        """Builds the automaton: about 1.5 ms per 1,000 keywords, during which nothing else runs."""
        patterns: dict[str, list[Posting]] = defaultdict(list)
        for posting in postings:
            patterns[fold(posting.keyword)].append(posting)
        self._automaton = None
        if patterns:  # an automaton without patterns can't be scanned
            self._automaton = ahocorasick.Automaton()
            for pattern, found in patterns.items():
                data = pattern.encode()
                self._automaton.add_word(data.decode("latin-1"), (len(data), tuple(found)))
            self._automaton.make_automaton()

    def scan(self, text: str) -> Iterator[tuple[int, int, tuple[Posting, ...]]]:
        """Yields every occurrence of every keyword that stands free, overlapping ones too.

        Yields:
            (start, end, postings): code points of the text, half open, and the keywords that are found there.
        """
        if self._automaton is None:
            return
        folded = fold(text)
        data = folded.encode("utf-8", "surrogatepass")
        starts: list[int] | None = None
        for last, (size, postings) in self._automaton.iter(data.decode("latin-1")):
            if starts is None:  # byte offsets at which characters start; most texts have no hit and need none
                starts = [offset for offset, byte in enumerate(data) if byte & 0xC0 != 0x80]
            start, end = bisect_left(starts, last + 1 - size), bisect_left(starts, last + 1)
            if at_boundary(folded, start, end):
                yield start, end, postings
