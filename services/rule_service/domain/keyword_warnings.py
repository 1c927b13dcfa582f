"""Keywords that will hit innocent words; the protos (rule/v1/rule.proto) tell what each kind of warning means."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import islice

from rule_service.domain import limits
from rule_service.domain.common_words import words_folded, words_sounding
from rule_service.domain.conditions import Conditions, Keyword, KeywordCondition
from rule_service.domain.match_modes import Form, form, keyword_form
from service_kit.matching import MatchMode, common_words, fold, sound


class WarningKind(Enum):
    """What may go wrong."""

    INSIDE_WORDS = "inside_words"
    LOOKS_LIKE_WORDS = "looks_like_words"
    SOUNDS_LIKE_WORDS = "sounds_like_words"


@dataclass(frozen=True, slots=True)
class KeywordWarning:
    """Something an author should know of a keyword."""

    field: str
    """Where the keyword stands in the request."""
    keyword: str
    kind: WarningKind
    words: tuple[str, ...]
    """The most common first."""


def keyword_warnings(conditions: Conditions) -> list[KeywordWarning]:
    """Returns what to know of a rule's keywords, in their order."""
    found = (
        KeywordWarning(f"rule.conditions.{name}.keywords[{index}]", keyword.text, kind, words)
        for name, condition in (
            ("keywords", conditions.keywords),
            ("nickname_keywords", conditions.nickname_keywords),
        )
        if condition is not None
        for index, keyword, kind, words in _of(condition)
    )
    return list(islice(found, limits.KEYWORD_WARNINGS))


def _of(condition: KeywordCondition) -> Iterator[tuple[int, Keyword, WarningKind, tuple[str, ...]]]:
    excused = {form(phrase) for phrase in condition.allow_phrases}
    for index, keyword in enumerate(condition.keywords):
        for kind, ranks in (
            (WarningKind.INSIDE_WORDS, _inside(keyword, excused)),
            (WarningKind.LOOKS_LIKE_WORDS, _looking_alike(keyword, excused)),
            (WarningKind.SOUNDS_LIKE_WORDS, _sounding_alike(keyword, excused)),
        ):
            if words := tuple(common_words()[rank] for rank in islice(ranks, limits.WARNING_WORDS)):
                yield index, keyword, kind, words


def _inside(keyword: Keyword, excused: Collection[Form]) -> Iterator[int]:
    """Yields longer words that hold the keyword where no allow phrase excuses it."""
    mode, searched = keyword_form(keyword)
    words = words_folded(mode)
    forms = {it: fold(keyword.text, it) for it in (MatchMode.EXACT, MatchMode.FOLDED)}
    wider = [(it, phrase) for it, phrase in excused if forms[it] in phrase]
    for rank in words.holding(searched):
        spans = [span for it, phrase in wider for span in _spans(words_folded(it).forms[rank], phrase)]
        if any(
            not any(begin <= start and end <= until for begin, until in spans)
            for start, end in _spans(words.forms[rank], searched)
        ):
            yield rank


def _spans(text: str, part: str) -> Iterator[tuple[int, int]]:
    """Yields where a part lies in a text. Han characters fold one to one, so spans of all foldings can be compared."""
    start = text.find(part)
    while start >= 0:
        yield start, start + len(part)
        start = text.find(part, start + 1)


def _looking_alike(keyword: Keyword, excused: Collection[Form]) -> Iterator[int]:
    """Yields words that the keyword is once folded, and is not as it is spelled."""
    if keyword.match_mode is MatchMode.EXACT:
        return
    mode, searched = keyword_form(keyword)
    for rank in words_folded(mode).equal(searched):
        if fold(common_words()[rank]) != fold(keyword.text) and (mode, searched) not in excused:
            yield rank


def _sounding_alike(keyword: Keyword, excused: Collection[Form]) -> Iterator[int]:
    """Yields words that sound like the keyword and are spelled otherwise, also once folded."""
    if keyword.match_mode is not MatchMode.HOMOPHONE:
        return
    mode, searched = keyword_form(keyword)
    folded = words_folded(mode).forms
    for rank in words_sounding().equal(sound(keyword.text)):
        if folded[rank] != searched and (mode, folded[rank]) not in excused:
            yield rank
