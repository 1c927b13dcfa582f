"""From a rule's words to the patterns that the indexes know."""

from collections.abc import Iterable, Iterator

from filter_service.domain.index import Posting
from service_kit.matching import fold
from service_kit.matching.modes import MatchMode

Pattern = tuple[MatchMode, str, Posting]
"""What is looked for in texts folded for a mode, and what it stands for."""


def compile_patterns(
    rule_id: str, keywords: Iterable[str], allow_phrases: Iterable[str]
) -> tuple[Pattern, ...]:
    """Returns the patterns that a rule's keywords and allow phrases are found by."""
    return (*_compiled(rule_id, keywords, False), *_compiled(rule_id, allow_phrases, True))


def _compiled(rule_id: str, words: Iterable[str], excuse: bool) -> Iterator[Pattern]:
    for word in words:
        folded = fold(word)
        pattern = word if folded == word else folded  # one string in memory where two are equal
        yield MatchMode.EXACT, pattern, Posting(rule_id, word, excuse)
