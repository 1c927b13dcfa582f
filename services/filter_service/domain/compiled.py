"""From a rule's words to the patterns that the indexes know."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from filter_service.domain.index import Posting
from service_kit.matching import MatchMode, patterns, why_unfit

Pattern = tuple[MatchMode, str, Posting]
"""What is looked for in readings of a mode, and what it stands for."""


class Keyword(NamedTuple):
    """A word to find."""

    text: str
    mode: MatchMode


def compile_patterns(
    rule_id: str, keywords: Iterable[Keyword], allow_phrases: Iterable[str]
) -> tuple[Pattern, ...]:
    """Returns the patterns that a rule's keywords and allow phrases are found by.

    An allow phrase is as tolerant as it can be without sounds. A keyword that does not fit its mode, which RuleService
    accepts none of, is looked for as it is written.
    """
    phrases = (Keyword(phrase, MatchMode.FOLDED) for phrase in allow_phrases)
    return (*_compiled(rule_id, keywords, False), *_compiled(rule_id, phrases, True))


def _compiled(rule_id: str, words: Iterable[Keyword], excuse: bool) -> Iterator[Pattern]:
    for word, wanted in words:
        mode = MatchMode.EXACT if why_unfit(word, wanted) else wanted
        posting = Posting(rule_id, word, mode, excuse)
        for pattern in patterns(word, mode):
            yield mode, word if pattern == word else pattern, posting  # one string in memory for two
