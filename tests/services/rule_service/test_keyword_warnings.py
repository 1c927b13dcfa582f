"""Warnings of keywords that will hit innocent words."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from functools import cache

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from groupguard.rule.v1 import rule_pb2
from groupguard.rule.v1 import rule_service_pb2 as pb
from groupguard_client import AsyncGroupGuard
from rule_service.domain import limits
from rule_service.domain.common_words import HoldingWords
from rule_service.domain.conditions import Conditions, Keyword, KeywordCondition
from rule_service.domain.keyword_warnings import KeywordWarning, WarningKind, keyword_warnings
from service_kit.matching import MatchMode, common_words, contains, patterns, sound
from support.rules import CORP, asked

EXACT, FOLDED, HOMOPHONE = MatchMode
INSIDE, LOOKS_LIKE, SOUNDS_LIKE = WarningKind
LONGER = [word for word in common_words() if len(word) > 2]


def warned(
    keyword: str, mode: MatchMode = FOLDED, allow: Sequence[str] = ()
) -> dict[WarningKind, tuple[str, ...]]:
    """The words of each kind that a keyword is warned of."""
    found = keyword_warnings(Conditions(keywords=KeywordCondition((Keyword(keyword, mode),), tuple(allow))))
    assert {it.keyword for it in found} <= {keyword}
    assert len({it.kind for it in found}) == len(found)
    return {it.kind: it.words for it in found}


def first(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(words)[:5]


def holding(keyword: str) -> list[str]:
    return [word for word in LONGER if keyword in word and word != keyword]


def test_a_keyword_inside_longer_common_words_is_told() -> None:
    """Whatever its mode; the most common words first."""
    words = first(holding("国家"))
    assert len(words) == 5
    for mode in MatchMode:
        assert warned("国家", mode)[INSIDE] == words
    assert INSIDE not in warned("加微信")


def test_5_words_are_named_and_not_one_more() -> None:
    """Of those that are left when allow phrases have excused some."""
    every = holding("国家")
    assert len(every) > limits.WARNING_WORDS == 5
    assert warned("国家")[INSIDE] == tuple(every[:5])
    assert warned("国家", allow=every[:2])[INSIDE] == tuple(every[2:7])


def test_traditional_characters_are_looked_for_as_they_fold() -> None:
    """EXACT compares what is written; the common words are simplified."""
    assert warned("國家", FOLDED)[INSIDE] == first(holding("国家"))
    assert INSIDE not in warned("國家", EXACT)


@pytest.mark.parametrize(
    ("phrase", "excused"),
    [
        ("国家级", True),
        ("國家級", True),
        ("家级", False),
        ("国家级的", False),
        ("级", False),
        ("国 家级", False),
    ],
)
def test_a_phrase_that_covers_the_keyword_in_a_word_excuses_the_word(phrase: str, excused: bool) -> None:
    """As it would in a message; a phrase that is longer than the word is not there."""
    assert "国家级" in warned("国家")[INSIDE]
    assert ("国家级" not in warned("国家", allow=[phrase])[INSIDE]) is excused


def test_every_place_of_the_keyword_in_a_word_has_to_be_excused() -> None:
    """一点一 covers only the first 一点 of 一点一点."""
    [word, *_] = [word for word in LONGER if len(word) == 4 and word[:2] == word[2:]]
    every = holding(word[:2])
    assert word in warned(word[:2], allow=[it for it in every if it != word])[INSIDE]
    assert word in warned(word[:2], allow=[word[:3], *(it for it in every if it != word)])[INSIDE]
    assert INSIDE not in warned(word[:2], allow=[word[:3], word[1:], *every])


@example(words=["aaaa", "bbb"], part="a\nb")
@given(words=st.lists(st.text("ab", min_size=2, max_size=4)), part=st.text("ab\n", max_size=4))
def test_words_are_found_by_any_part_of_two_characters(words: list[str], part: str) -> None:
    """Against trying every word; never across two of them."""
    expected = [rank for rank, word in enumerate(words) if 2 <= len(part) < len(word) and part in word]
    assert list(HoldingWords(words).ranks(part)) == expected


def test_a_shorter_phrase_excuses_every_word_that_holds_it() -> None:
    """The keyword itself as a phrase leaves nothing to warn of."""
    assert warned("国家", allow=["国家"]) == {}


def test_a_keyword_that_is_a_common_word_only_once_folded_is_told() -> None:
    """Not where it is written as the word is, and not where the comparison does not fold."""
    assert "发票" in common_words()
    assert warned("發票", FOLDED)[LOOKS_LIKE] == ("发票",)
    assert warned("發票", HOMOPHONE)[LOOKS_LIKE] == ("发票",)
    assert LOOKS_LIKE not in warned("發票", EXACT)
    assert LOOKS_LIKE not in warned("发票", FOLDED)
    assert LOOKS_LIKE not in warned("發票", FOLDED, allow=["发票"])


def test_words_that_sound_like_a_homophone_keyword_are_told() -> None:
    """Not the word itself, in whatever characters, and not for another mode."""
    words = warned("微信", HOMOPHONE)[SOUNDS_LIKE]
    assert {"威信", "维新"} <= set(words)
    assert SOUNDS_LIKE not in warned("微信", FOLDED)
    left = warned("微信", HOMOPHONE, allow=["威信"])[SOUNDS_LIKE]
    assert "威信" not in left
    assert "维新" in left
    assert "反感" in common_words()
    assert "反感" not in warned("方案", HOMOPHONE).get(SOUNDS_LIKE, ())
    assert "发票" not in warned("發票", HOMOPHONE).get(SOUNDS_LIKE, ())


def test_each_keyword_of_both_lists_is_told_by_its_place() -> None:
    """In the order of the rule; an allow phrase excuses in its own list only."""
    words = KeywordCondition((Keyword("加微信", FOLDED), Keyword("國家", FOLDED)))
    found = keyword_warnings(Conditions(words, KeywordCondition(words.keywords, ("国家",))))
    assert found == [
        KeywordWarning("rule.conditions.keywords.keywords[1]", "國家", INSIDE, first(holding("国家"))),
        KeywordWarning("rule.conditions.keywords.keywords[1]", "國家", LOOKS_LIKE, ("国家",)),
    ]
    found = keyword_warnings(Conditions(nickname_keywords=words))
    assert {it.field for it in found} == {"rule.conditions.nickname_keywords.keywords[1]"}
    assert keyword_warnings(Conditions()) == []


def test_100_warnings_are_given_and_not_one_more() -> None:
    """The first ones."""
    words = KeywordCondition((Keyword("国家", FOLDED),) * 60)
    found = keyword_warnings(Conditions(words, words))
    assert len(found) == limits.KEYWORD_WARNINGS == 100
    assert found[-1].field == "rule.conditions.nickname_keywords.keywords[39]"


PIECES = st.builds(
    lambda word, start, size: word[start : start + size] or word,
    st.sampled_from(LONGER),
    st.integers(0, 2),
    st.integers(1, 3),
)


@settings(deadline=None)
@given(
    keyword=PIECES,
    mode=st.sampled_from(MatchMode),
    allow=st.lists(PIECES | st.sampled_from(LONGER), max_size=4),
)
def test_words_inside_are_those_that_a_check_would_hit(
    keyword: str, mode: MatchMode, allow: list[str]
) -> None:
    """Against trying every word: the keyword is found in it, and no phrase that is found covers it."""
    expected = []
    for word in holding(keyword) if len(keyword) > 1 else ():
        spans = [(at, at + len(phrase)) for phrase in allow for at in places(phrase, word)]
        hits = [(at, at + len(keyword)) for at in places(keyword, word)]
        if any(not any(begin <= at and end <= until for begin, until in spans) for at, end in hits):
            expected.append(word)
    mode = mode if len(keyword) > 1 else EXACT
    told = warned(keyword, mode, allow).get(INSIDE, ())
    assert told == first(expected)
    assert all(contains(word, keyword, mode) for word in told)


def places(part: str, text: str) -> list[int]:
    return [at for at in range(len(text)) if text.startswith(part, at)]


@cache
def by_sound() -> dict[str, list[str]]:
    words: dict[str, list[str]] = {}
    for word in common_words():
        words.setdefault(sound(word), []).append(word)
    return words


@settings(deadline=None)
@given(keyword=st.sampled_from([word for word in common_words() if len(word) == 2]))
def test_words_that_sound_alike_are_those_that_a_check_would_hit(keyword: str) -> None:
    """Against the sounds of every word; the keyword may be read in several ways."""
    expected = {word for sound in patterns(keyword, HOMOPHONE) for word in by_sound().get(sound, ())}
    told = warned(keyword, HOMOPHONE).get(SOUNDS_LIKE, ())
    assert told == first(word for word in common_words() if word in expected - {keyword})
    assert all(contains(word, keyword, HOMOPHONE) for word in told)


def test_a_keyword_that_is_read_in_several_ways_sounds_like_words_of_each() -> None:
    """重 is zhong and chong: whoever writes any of the words is hit."""
    assert {"中弹", "冲淡"} <= set(warned("重担", HOMOPHONE)[SOUNDS_LIKE])


@settings(deadline=None)
@given(keyword=st.text(max_size=5) | st.text("级\n国家", max_size=4), mode=st.sampled_from(MatchMode))
def test_any_keyword_can_be_looked_at(keyword: str, mode: MatchMode) -> None:
    """Also what nobody would write: nothing is found across two words."""
    for words in warned(keyword, mode).values():
        assert set(words) <= set(common_words())


# Through RuleService


def asked_with(keyword: str, mode: rule_pb2.MatchMode.ValueType) -> rule_pb2.Rule:
    rule = asked("加微信", keyword)
    rule.conditions.keywords.keywords[1].match_mode = mode
    return rule


async def test_creating_and_updating_tell_warnings_also_when_repeated(gg: AsyncGroupGuard) -> None:
    """They are about the rule that is kept, whatever the update named."""
    request = pb.CreateRuleRequest(
        corp_id=CORP,
        rule=asked_with("發票", rule_pb2.MATCH_MODE_FOLDED),
        request_id=str(uuid.uuid4()),
    )
    made = await gg.rules.CreateRule(request)
    told = [it for it in made.warnings if it.kind == rule_pb2.KeywordWarning.KIND_LOOKS_LIKE_WORDS]
    assert told == [
        rule_pb2.KeywordWarning(
            field="rule.conditions.keywords.keywords[1]",
            keyword="發票",
            kind=rule_pb2.KeywordWarning.KIND_LOOKS_LIKE_WORDS,
            words=["发票"],
        )
    ]
    rule_id = made.rule.rule_id
    renamed = pb.UpdateRuleRequest(
        corp_id=CORP,
        rule=rule_pb2.Rule(rule_id=rule_id, display_name="new"),
        request_id=str(uuid.uuid4()),
    )
    updated = await gg.rules.UpdateRule(renamed)
    assert updated.warnings == made.warnings
    changed = pb.UpdateRuleRequest(corp_id=CORP, rule=asked_with("微信", rule_pb2.MATCH_MODE_HOMOPHONE))
    changed.rule.rule_id = rule_id
    kinds = {it.kind for it in (await gg.rules.UpdateRule(changed)).warnings}
    assert rule_pb2.KeywordWarning.KIND_SOUNDS_LIKE_WORDS in kinds
    assert await gg.rules.CreateRule(request) == made
    assert await gg.rules.UpdateRule(renamed) == updated


async def test_a_rule_without_keywords_is_not_warned_of(gg: AsyncGroupGuard) -> None:
    """Nor one whose keywords are no common words' neighbours."""
    made = await gg.rules.CreateRule(pb.CreateRuleRequest(corp_id=CORP, rule=asked("加微信", "vx")))
    assert list(made.warnings) == []
    rule = asked()
    rule.conditions.CopyFrom(rule_pb2.Conditions(length=rule_pb2.LengthCondition(max_lines=3)))
    made = await gg.rules.CreateRule(pb.CreateRuleRequest(corp_id=CORP, rule=rule))
    assert list(made.warnings) == []
