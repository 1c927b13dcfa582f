"""Keywords that will hit innocent words; the protos (rule/v1/rule.proto) tell what each kind of warning means."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import islice

from rule_service.domain import limits
from rule_service.domain.common_words import words_holding, words_sounding, words_spelled
from rule_service.domain.conditions import Conditions, Keyword, KeywordCondition
from rule_service.domain.match_modes import default_mode, is_findable
from service_kit.matching import MatchMode, common_words, finding, fold, patterns


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
    phrases = {_searched(phrase, default_mode(phrase)) for phrase in condition.allow_phrases}
    for index, keyword in enumerate(condition.keywords):
        if not is_findable(keyword):  # any more: tables change, and nothing is found by it
            continue
        for kind, ranks in (
            (WarningKind.INSIDE_WORDS, _inside(keyword, phrases)),
            (WarningKind.LOOKS_LIKE_WORDS, _looking_alike(keyword, phrases)),
            (WarningKind.SOUNDS_LIKE_WORDS, _sounding_alike(keyword, phrases)),
        ):
            if words := tuple(common_words()[rank] for rank in islice(ranks, limits.WARNING_WORDS)):
                yield index, keyword, kind, words


def _searched(text: str, mode: MatchMode) -> str:
    """Returns what of a text is looked for in folded words, which hold no digits for numerals."""
    return patterns(text, MatchMode.EXACT if mode is MatchMode.EXACT else MatchMode.FOLDED)[0]


def _inside(keyword: Keyword, phrases: Collection[str]) -> Iterator[int]:
    """Yields longer words that hold the keyword where no allow phrase excuses it."""
    part = _searched(keyword.text, keyword.match_mode)
    wider = [phrase for phrase in phrases if part in phrase]
    for rank in words_holding().ranks(part):
        word = common_words()[rank]
        excused = [span for phrase in wider for span in _spans(phrase, word)]
        if any(
            not any(begin <= start and end <= until for begin, until in excused)
            for start, end in _spans(part, word)
        ):
            yield rank


def _spans(part: str, word: str) -> Iterator[tuple[int, int]]:
    return ((start, end) for start, end, _ in finding({part: None})(word))


def _looking_alike(keyword: Keyword, phrases: Collection[str]) -> Iterator[int]:
    """Yields the word that the keyword is once folded, and is not as it is spelled."""
    searched = _searched(keyword.text, keyword.match_mode)
    if searched != fold(keyword.text) and searched not in phrases:
        yield from words_spelled().ranks(searched)


def _sounding_alike(keyword: Keyword, phrases: Collection[str]) -> Iterator[int]:
    """Yields words that sound like the keyword, by any of its readings, and are others once folded."""
    if keyword.match_mode is not MatchMode.HOMOPHONE:
        return
    known = {_searched(keyword.text, keyword.match_mode), *phrases}
    sounds = patterns(keyword.text, keyword.match_mode)
    for rank in sorted({rank for sound in sounds for rank in words_sounding().ranks(sound)}):
        if common_words()[rank] not in known:
            yield rank
