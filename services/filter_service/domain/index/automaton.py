"""The two libraries that find many patterns in one scan of a text.

Neither can add a pattern to an automaton that is in use. What they cost, on one core, with texts of 27 Chinese characters:

| patterns        | daachorse                                             | pyahocorasick                           |
|-----------------|-------------------------------------------------------|-----------------------------------------|
| 100             | scan 0.4 µs, build 0.2 ms, 240 KB (590 with an emoji) | scan 1.4 µs, build 0.1 ms, 35 KB        |
| 2,000           | scan 1.0 µs, build 2.5 ms, 380 KB                     | scan 2.7 µs, build 4 ms, 810 KB         |
| 100,000         | scan 1.6 µs, build 300 ms, 5 MB                       | scan 12 µs, build 360 ms, 30 MB         |
| while it builds | other threads run                                     | other threads wait                      |
"""

from collections.abc import Callable, Sequence
from importlib.util import find_spec
from itertools import accumulate
from typing import Protocol

import ahocorasick


class Automaton(Protocol):
    """An automaton over patterns: at least one, none of them empty, none twice. Immutable."""

    lists_suffixes: bool
    """Whether patterns that end where a longer one ends are listed too."""

    @property
    def hits(self) -> Callable[[str], Sequence[tuple[int, int, int]]]:
        """Lists the patterns in a text as (start, end, index of the pattern): code points of the text, half open.

        At every place where patterns end, it lists all of them or the longest; see `lists_suffixes`. A library's own
        function, where that will do: calling it through another takes a tenth of a scan.

        Raises:
            UnicodeEncodeError: the text holds half an emoji, and the library takes no such text.
        """


Engine = Callable[[Sequence[str]], Automaton]


class CharacterAutomaton:
    """See `Automaton`; by daachorse, character by character.

    It lists the longest pattern only: `x`, `xx`, `xxx` in a text of nothing but `x` make many times more hits than the
    text has characters.
    """

    lists_suffixes = False

    def __init__(self, patterns: Sequence[str]) -> None:
        from daachorse import CharwiseDoubleArrayAhoCorasick

        self.hits = CharwiseDoubleArrayAhoCorasick(list(patterns)).find_overlapping_no_suffix


class ByteAutomaton:
    """See `Automaton`; by pyahocorasick, over UTF-8.

    It looks for a node's children one after the other, and thousands of Han characters under one root would make that
    slow. Fed with UTF-8 bytes, each as one Latin-1 character, no node has more than 256 children; since no character's
    bytes occur inside another's, hits are the same.
    """

    lists_suffixes = True

    def __init__(self, patterns: Sequence[str]) -> None:
        automaton = ahocorasick.Automaton()
        for index, pattern in enumerate(patterns):
            automaton.add_word(pattern.encode().decode("latin-1"), (len(pattern), index))
        automaton.make_automaton()
        self._iter = automaton.iter

    def hits(self, text: str) -> Sequence[tuple[int, int, int]]:
        data = text.encode("utf-8", "surrogatepass")
        found = list(self._iter(data.decode("latin-1")))
        if not found:
            return ()
        ends = list(accumulate(byte & 0xC0 != 0x80 for byte in data))  # characters begun up to each byte
        return [(ends[last] - size, ends[last], index) for last, (size, index) in found]


LARGE: Engine = CharacterAutomaton if find_spec("daachorse") else ByteAutomaton
"""For many patterns. daachorse has no wheels for some platforms, Linux on ARM among them."""
SMALL: Engine = ByteAutomaton
"""For the few patterns of a small corp, of which there are many."""
