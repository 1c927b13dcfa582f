"""The most common words of Chinese."""

from collections.abc import Iterator

from tables import sources
from tables.folding import resolve
from tables.script import is_han

_WORDS = 30_000
_LENGTHS = range(2, 5)


def lines() -> Iterator[str]:
    """Gives words of two to four Han characters, as they are folded, the most frequent first."""
    frequency: dict[str, int] = {}
    for line in sources.words().read_text("utf-8").splitlines():
        word, count, *_ = line.split(" ")
        if len(word) in _LENGTHS and all(map(is_han, word)):
            folded = "".join(resolve(character).text for character in word)
            frequency[folded] = max(frequency.get(folded, 0), int(count))
    yield from sorted(frequency, key=lambda word: (-frequency[word], word))[:_WORDS]
