"""The index against a matcher that is too simple to be wrong."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from filter_service.domain.edits import reindexed
from filter_service.domain.keyword_index import occurrences
from filter_service.domain.rule import Action, ActionKind, Rule, State
from service_kit.matching import at_boundary, fold
from support.keywords import exactly

ALPHABET = "abcABＡＢ09１２微信加群。！ 😀é\u200bß中"
WORDS = st.text(ALPHABET, min_size=1, max_size=6)


def brute_force(keywords: list[str], text: str) -> set[tuple[int, int, str]]:
    """Tries every keyword at every place."""
    found = set()
    for keyword in keywords:
        for start in range(len(text) - len(keyword) + 1):
            end = start + len(keyword)
            if fold(text[start:end]) == fold(keyword) and at_boundary(fold(text), start, end):
                found.add((start, end, keyword))
    return found


def scan(keywords: list[str], text: str) -> set[tuple[int, int, str]]:
    rule = Rule("rule", 1, State.ENABLED, exactly(*keywords), Action(ActionKind.KICK))
    indexes = reindexed({}, [(None, rule)])
    return {
        (start, end, posting.keyword)
        for start, end, postings in occurrences(indexes, text)
        for posting in postings
    }


@given(st.lists(WORDS, max_size=12, unique=True), st.text(ALPHABET, max_size=60))
@example(["she", "he", "hers"], "ushers he")
@example(["a", "aa", "aaa"], "aaaa a aa")
@example(["微", "微信", "信加"], "微信加微信")
@settings(deadline=None, max_examples=400)
def test_finds_what_a_brute_force_search_finds(keywords: list[str], text: str) -> None:
    """Every overlapping hit, nothing else, at offsets into the original text."""
    assert scan(keywords, text) == brute_force(keywords, text)


@pytest.mark.parametrize(
    ("keyword", "text", "found"),
    [
        ("VX", "加VX1234", True),
        ("vx", "加ＶＸ1234", True),
        ("vx", "vxx", False),
        ("ass", "class", False),
        ("sb", "has been", False),
        ("sb", "你个SB！", True),
        ("12", "v12", True),
        ("12", "123", False),
        ("加v", "加v信", True),
        ("加v", "加vx", False),
        ("微信", "我的微信号", True),
        ("a.", "a.b", True),
    ],
)
def test_letters_and_digits_stand_free(keyword: str, text: str, found: bool) -> None:
    """A hit does not begin or end inside a run of letters or of digits; Han characters need no border."""
    assert bool(scan([keyword], text)) is found


def test_an_index_without_keywords_finds_nothing() -> None:
    """An automaton without patterns can't be scanned; the index can."""
    assert list(occurrences({}, "加微信")) == []


def test_equal_patterns_of_several_rules_are_all_found() -> None:
    """Two rules with the same word, one in full width, both hit."""
    rules = [
        Rule(rule_id, 1, State.ENABLED, exactly(word), Action(ActionKind.KICK))
        for rule_id, word in (("r1", "vx"), ("r2", "ＶＸ"))
    ]
    [(start, end, postings)] = occurrences(reindexed({}, [(None, rule) for rule in rules]), "加 vx")
    assert (start, end) == (2, 4)
    assert {(posting.rule_id, posting.keyword) for posting in postings} == {("r1", "vx"), ("r2", "ＶＸ")}


def test_a_lone_surrogate_does_not_break_the_scan() -> None:
    """Texts come from outside; half an emoji is no reason to give no verdict."""
    assert scan(["微信"], "\ud83d微信") == {(1, 3, "微信")}
