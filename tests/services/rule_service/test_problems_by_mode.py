"""Which keywords are excused or are there twice, by their match modes."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from rule_service.domain.conditions import Conditions, Keyword, KeywordCondition
from rule_service.domain.problems import KeywordUses, Problem, ProblemKind, problems_of
from rule_service.domain.rule import Rule, StoredRule
from service_kit.matching import MatchMode, contains
from support.rules import a_rule

EXACT, FOLDED, HOMOPHONE = MatchMode
EXCUSED, DUPLICATE = ProblemKind.KEYWORD_ALWAYS_EXCUSED, ProblemKind.DUPLICATE_KEYWORD
FIELD = "conditions.keywords.keywords[0].text"


def a_rule_with(number: int, keyword: str, mode: MatchMode, allow: Sequence[str] = ()) -> Rule:
    words = KeywordCondition((Keyword(keyword, mode),), tuple(allow))
    return a_rule(rule_id=f"r{number}", conditions=Conditions(keywords=words))


def problems(*rules: Rule) -> list[Problem]:
    uses = KeywordUses()
    for rule in rules:
        uses.add(rule)
    return [it for rule in rules for it in problems_of(StoredRule(rule, 1, 1), uses)]


@pytest.mark.parametrize(
    ("keyword", "mode", "phrase", "excused"),
    [
        ("发票", FOLDED, "發票", True),
        ("发票", EXACT, "發票", True),
        ("發票", FOLDED, "发票", True),
        ("发票", HOMOPHONE, "发票", False),
        ("发票", FOLDED, "发-票", False),
        ("发-票", EXACT, "发票", False),
        ("发-票", EXACT, "发-票", True),
        ("发-票", EXACT, "發-票", False),
        ("发票", FOLDED, "开发票", False),
        ("V", EXACT, "ｖ", True),
    ],
)
def test_a_keyword_is_always_excused_where_a_phrase_finds_all_that_it_finds(
    keyword: str, mode: MatchMode, phrase: str, excused: bool
) -> None:
    """Phrases are folded where they can be; what only sounds like one is not excused."""
    found = problems(a_rule_with(1, keyword, mode, [phrase]))
    assert found == ([Problem(EXCUSED, "r1", FIELD, keyword, phrase)] if excused else [])


@pytest.mark.parametrize(
    ("one", "other", "told"),
    [
        (("发票", FOLDED), ("發票", FOLDED), "both"),
        (("发票", HOMOPHONE), ("發票", FOLDED), "both"),
        (("发票", EXACT), ("发票", FOLDED), "both"),
        (("發票", EXACT), ("发票", FOLDED), "one"),
        (("發票", EXACT), ("发票", HOMOPHONE), "one"),
        (("發票", EXACT), ("发票", EXACT), "none"),
        (("微信", HOMOPHONE), ("威信", HOMOPHONE), "none"),
        (("发-票", EXACT), ("发票", FOLDED), "none"),
    ],
)
def test_a_keyword_is_there_twice_where_another_rule_finds_all_that_it_finds(
    one: tuple[str, MatchMode], other: tuple[str, MatchMode], told: str
) -> None:
    """Or has the same spelling: an EXACT keyword does nothing beside a folded one, not the other way round."""
    found = {it.rule_id: it.other_rule_ids for it in problems(a_rule_with(1, *one), a_rule_with(2, *other))}
    assert found == {"both": {"r1": ("r2",), "r2": ("r1",)}, "one": {"r1": ("r2",)}, "none": {}}[told]
    if told != "none":
        assert contains(one[0], *other)


def test_rules_of_several_modes_are_named_once_and_in_order() -> None:
    """Though each is found by another form of the keyword."""
    rules = [
        a_rule_with(number, *keyword)
        for number, keyword in enumerate([("发票", EXACT), ("發票", FOLDED), ("发票", FOLDED)] * 3)
    ]
    found = {it.rule_id: it.other_rule_ids for it in problems(*rules)}
    assert found["r2"] == ("r0", "r1", "r3", "r4", "r5", "r6", "r7", "r8")
    assert found["r0"] == ("r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8")
    assert found["r1"] == ("r2", "r4", "r5", "r7", "r8")
