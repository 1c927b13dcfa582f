"""What is wrong with valid rules, found without comparing everything with everything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rule_service.domain.conditions import (
    Conditions,
    Keyword,
    KeywordCondition,
    LengthCondition,
    MessageType,
    MessageTypeCondition,
)
from rule_service.domain.covered_entries import covered_entries
from rule_service.domain.problems import KeywordUses, Problem, ProblemKind, problems_of
from rule_service.domain.rule import Rule, State, StoredRule
from service_kit.web import parse_whitelist_entry, reread_whitelist_entry, whitelist_entry_host
from support.rules import a_rule

UNBOUND, EXCUSED, DUPLICATE, COVERED = ProblemKind


def words(*keywords: str, allow: Sequence[str] = ()) -> KeywordCondition:
    return KeywordCondition(tuple(map(Keyword, keywords)), tuple(allow))


def problems(*rules: Rule, groups: int = 1) -> list[Problem]:
    """Of all the rules, each bound to as many groups."""
    uses = KeywordUses()
    for rule in rules:
        uses.add(rule)
    return [it for rule in rules for it in problems_of(StoredRule(rule, 1, groups), uses)]


def numbered(number: int, **changes: Any) -> Rule:
    return a_rule(rule_id=f"r{number:02}", **changes)


@pytest.mark.parametrize(
    ("state", "groups", "kinds"),
    [
        (State.ENABLED, 0, [UNBOUND]),
        (State.SHADOW, 0, [UNBOUND]),
        (State.DISABLED, 0, []),
        (State.ENABLED, 1, []),
    ],
)
def test_a_rule_that_should_act_and_is_bound_nowhere_is_told(
    state: State, groups: int, kinds: list[ProblemKind]
) -> None:
    """The rule as a whole: no field, no value."""
    found = problems(numbered(1, state=state), groups=groups)
    assert found == [Problem(kind, "r01") for kind in kinds]


@pytest.mark.parametrize("name", ["keywords", "nickname_keywords"])
def test_a_keyword_that_is_an_allow_phrase_too_is_told(name: str) -> None:
    """After folding; a longer phrase around a keyword is what phrases are for."""
    condition: Any = words("代购", "KFC", "口交", allow=["路口交通", "ｋｆｃ", "代购店"])
    found = problems(numbered(1, conditions=Conditions(**{name: condition})))
    field = f"conditions.{name}.keywords[1].text"
    assert found == [Problem(EXCUSED, "r01", field, "KFC", "ｋｆｃ")]


def test_a_phrase_of_one_condition_excuses_nothing_in_the_other() -> None:
    """Messages and nicknames are looked at apart."""
    conditions = Conditions(keywords=words("代购", allow=["刷单"]), nickname_keywords=words("刷单"))
    assert problems(numbered(1, conditions=conditions)) == []


def test_keywords_that_other_rules_have_too_are_told() -> None:
    """After folding, in the same condition, of rules that are not disabled."""
    one = numbered(1, conditions=Conditions(keywords=words("刷单", "KFC")))
    two = numbered(2, conditions=Conditions(keywords=words("ｋｆｃ", "代购")), state=State.SHADOW)
    three = numbered(3, conditions=Conditions(keywords=words("刷单")), state=State.DISABLED)
    four = numbered(4, conditions=Conditions(nickname_keywords=words("代购")))
    field = "conditions.keywords.keywords[{}].text"
    assert problems(one, two, three, four) == [
        Problem(DUPLICATE, "r01", field.format(1), "KFC", other_rule_ids=("r02",)),
        Problem(DUPLICATE, "r02", field.format(0), "ｋｆｃ", other_rule_ids=("r01",)),
        Problem(DUPLICATE, "r03", field.format(0), "刷单", other_rule_ids=("r01",)),
    ]


def test_of_many_other_rules_the_first_20_are_named() -> None:
    """Itself never among them."""
    rules = [numbered(number) for number in range(25)]
    found = problems(*rules)
    assert [it.rule_id for it in found] == [rule.rule_id for rule in rules]
    assert found[0].other_rule_ids == tuple(f"r{number:02}" for number in range(1, 21))
    assert found[5].other_rule_ids == tuple(f"r{number:02}" for number in range(21) if number != 5)
    assert found[24].other_rule_ids == tuple(f"r{number:02}" for number in range(20))


def test_a_page_that_a_wider_entry_covers_is_told() -> None:
    """The widest is named, in the words of the rule."""
    entries = (
        "ok.com/spring",
        "shop.ok.com/spring/sale",
        "https://OK.com",
        "ok.com:8443",
        "nook.com",
        "b.org/x",
    )
    conditions = Conditions(message_types=MessageTypeCondition((MessageType.LINK,), entries))
    field = "conditions.message_types.web_whitelist[{}]"
    assert problems(numbered(1, conditions=conditions)) == [
        Problem(COVERED, "r01", field.format(0), "ok.com/spring", "https://OK.com"),
        Problem(COVERED, "r01", field.format(1), "shop.ok.com/spring/sale", "https://OK.com"),
    ]


def test_an_entry_that_is_none_any_more_is_passed_over() -> None:
    """As when its host has become a public suffix since."""
    entries = ("公司.cn", "ok.公司.cn", "ok.公司.cn/spring")
    conditions = Conditions(message_types=MessageTypeCondition((MessageType.LINK,), entries))
    assert [it.value for it in problems(numbered(1, conditions=conditions))] == ["ok.公司.cn/spring"]


def test_problems_are_sorted_and_rules_without_lists_have_none() -> None:
    """By kind and field."""
    conditions = Conditions(
        keywords=words("代购", "刷单", allow=["刷单", "代购"]),
        message_types=MessageTypeCondition((MessageType.LINK,), ("ok.com", "a.ok.com")),
    )
    one = numbered(1, conditions=conditions)
    found = problems(one, replace(one, rule_id="r02"), groups=0)
    assert [it.place for it in found] == sorted(it.place for it in found)
    assert len(found) == 2 * 6
    assert problems(numbered(1, conditions=Conditions(length=LengthCondition(9)))) == []


HOSTS = st.lists(st.sampled_from("abo"), min_size=1, max_size=4).map(
    lambda labels: ".".join([*labels, "test"])
)
PATHS = st.lists(st.sampled_from(["/x", "/y", "/%78", "/."]), max_size=4).map("".join)
SPELLED = st.builds(
    lambda scheme, host, port, path: f"{scheme}{host}{port}{path}",
    st.sampled_from(["", "https://", "HTTP://"]),
    HOSTS | HOSTS.map(str.upper),
    st.sampled_from(["", "", ":443", ":8443"]),
    PATHS,
)


@given(st.lists(SPELLED | st.just("nothing"), max_size=30))
@example(["a.test", "nothing", "A.test/", "b.a.test"])
def test_covered_entries_are_those_that_comparing_all_pairs_finds(entries: list[str]) -> None:
    """Of equal ones the first stays; who is named covers, and nothing wider does."""
    pages = {at: parse_whitelist_entry(entry) for at, entry in enumerate(entries) if entry != "nothing"}
    wanted = {
        index: [
            at
            for at, other in pages.items()
            if at != index and other.covers(page) and (other != page or at < index)
        ]
        for index, page in pages.items()
    }
    found = list(covered_entries(entries))
    assert sorted(index for index, _ in found) == [index for index, wider in wanted.items() if wider]
    for index, wider in found:
        assert wider in wanted[index]
        widest = min((len(pages[at].host), len(pages[at].path)) for at in wanted[index])
        assert (len(pages[wider].host), len(pages[wider].path)) == widest


ENTRIES = st.from_regex(
    r"\A(https?://)?[a-zA-Z0-9店_-]{1,4}(\.[a-z0-9_-]{1,4}){1,3}\.?(:80|:8443)?(/[a-z.%20A-Z~-]{0,4}){0,3}\Z"
)


@given(ENTRIES | st.text(max_size=20))
@example("https://shop.example.com/a/../b")
@example("shop.example.com//a/")
@example("xn--fiqs8s.example.com")
@example("1.2.3.4/a")
def test_rereading_an_accepted_entry_gives_the_same_page(entry: str) -> None:
    """The short way is taken only where nothing needs decoding."""
    try:
        page = parse_whitelist_entry(entry)
    except ValueError:
        return
    assert reread_whitelist_entry(entry) == page
    assert whitelist_entry_host(entry) == page.host
