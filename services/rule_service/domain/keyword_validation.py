"""Which keywords and allow phrases are valid; every violation is named."""

from collections.abc import Iterator, Sequence

from rule_service.domain import limits
from rule_service.domain.conditions import Keyword, KeywordCondition
from rule_service.domain.match_modes import keyword_forms
from rule_service.domain.violations import (
    count_violations,
    repeat_violations,
    shared_violations,
    text_violations,
)
from service_kit.errors import Violation
from service_kit.matching import fold, is_blank, why_unfit

_FOLDED = " after folding"


def keyword_violations(condition: KeywordCondition, path: str) -> Iterator[Violation]:
    """Yields everything that is wrong with a list of words; `path` is its place in the request."""
    keywords, phrases = condition.keywords, condition.allow_phrases
    yield from _texts(f"{path}.keywords", [it.text for it in keywords], limits.KEYWORDS_PER_RULE, 1, ".text")
    if len(keywords) <= limits.KEYWORDS_PER_RULE:  # more of them would only take time
        yield from _unfit(f"{path}.keywords", keywords)
        yield from same_keywords(f"{path}.keywords", keywords, ".text")
    yield from _texts(f"{path}.allow_phrases", phrases, limits.ALLOW_PHRASES_PER_RULE, 0, "")
    yield from repeat_violations(
        f"{path}.allow_phrases", [fold(text) or None for text in phrases], note=_FOLDED
    )


def same_keywords(field: str, keywords: Sequence[Keyword], suffix: str = "") -> Iterator[Violation]:
    """Yields each keyword of a list that is the same as an earlier one, by the stricter of their modes."""
    yield from shared_violations(field, [keyword_forms(it) for it in keywords], suffix, _FOLDED)


def _texts(field: str, texts: Sequence[str], most: int, least: int, suffix: str) -> Iterator[Violation]:
    yield from count_violations(field, len(texts), most, least)
    for index, text in enumerate(texts):
        yield from text_violations(f"{field}[{index}]{suffix}", text, limits.KEYWORD_CHARACTERS)


def _unfit(field: str, keywords: Sequence[Keyword]) -> Iterator[Violation]:
    """Yields each keyword that can't have the mode asked for; what is wrong with its text is told elsewhere."""
    for index, keyword in enumerate(keywords):
        if is_blank(keyword.text) or len(keyword.text) > limits.KEYWORD_CHARACTERS:
            continue
        if (reason := why_unfit(keyword.text, keyword.match_mode)) is not None:
            yield Violation(
                f"{field}[{index}].match_mode",
                f"{keyword.text!r} can't be {keyword.match_mode.name}: {reason}; EXACT would do",
            )
