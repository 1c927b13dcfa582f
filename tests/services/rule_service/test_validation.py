"""Which rules and groups are valid: every limit at its value and one above, and all violations at once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from rule_service.domain.conditions import Conditions, KeywordCondition
from rule_service.domain.group import Group
from rule_service.domain.rule import Action, ActionKind, Blacklist, Owner, OwnerKind, Rule
from rule_service.domain.validation import validate_configuration, validate_groups, validate_rule
from service_kit.errors import InvalidFields
from support.rules import a_rule

KEYWORDS = "rule.conditions.keywords.keywords"
TEXT = "rule.action.warning_text"
NUMBER = "rule.action.warnings_before_kick"


def violations(check: Any, *arguments: Any) -> list[tuple[str, str]]:
    try:
        check(*arguments)
    except InvalidFields as error:
        return [(it.field, it.description) for it in error.violations]
    return []


def acting(kind: ActionKind, text: str = "", number: int = 0, *keywords: str, **more: Any) -> Rule:
    return a_rule(*keywords, action=Action(kind, number, text, **more))


def words(count: int) -> list[str]:
    return [f"word{number}" for number in range(count)]


VALID: dict[str, Rule] = {
    "100 keywords": a_rule(*words(100)),
    "64 characters": a_rule("字" * 64),
    "64 astral characters": a_rule("😀" * 64),
    "one character": a_rule("赌"),
    "keywords that differ after folding": a_rule("é", "e"),
    "a keyword with blanks inside": a_rule("buy now"),
    "warning of 200": acting(ActionKind.WARN, "字" * 200),
    "name of 64": a_rule(display_name="字" * 64),
    "warn and kick": acting(ActionKind.WARN_AND_KICK, "out"),
    "kick without a word": acting(ActionKind.KICK),
    "1 warning": acting(ActionKind.KICK_AFTER_WARNINGS, "mind", 1),
    "10 warnings": acting(ActionKind.KICK_AFTER_WARNINGS, "mind", 10),
    "warning with a longer word": acting(ActionKind.WARN, "first class", 0, "ass"),
    "personal list of a member": a_rule(
        owner=Owner(OwnerKind.MEMBER, "zhang"),
        action=Action(ActionKind.KICK, add_to_blacklist=Blacklist.PERSONAL),
    ),
    "enterprise list of super admins": acting(ActionKind.KICK, add_to_blacklist=Blacklist.ENTERPRISE),
    "strategy of 64 bytes": a_rule(owner=Owner(OwnerKind.STRATEGY, "7" * 64)),
}

INVALID: dict[str, tuple[Rule, str, str]] = {
    "no keyword": (
        a_rule(conditions=Conditions(KeywordCondition(()))),
        KEYWORDS,
        "1 to 100 are allowed, not 0",
    ),
    "101 keywords": (a_rule(*words(101)), KEYWORDS, "1 to 100 are allowed, not 101"),
    "no condition": (
        a_rule(conditions=Conditions()),
        "rule.conditions",
        "at least one condition is needed; none is set",
    ),
    "65 characters": (a_rule("字" * 65), f"{KEYWORDS}[0].text", "at most 64 characters are allowed, not 65"),
    "empty": (
        a_rule("a", ""),
        f"{KEYWORDS}[1].text",
        "1 to 64 characters are needed, not only what nobody sees",
    ),
    "zero width": (
        a_rule("\u200b\u2060\ufe0f"),
        f"{KEYWORDS}[0].text",
        "1 to 64 characters are needed, not only what nobody sees",
    ),
    "blank": (
        a_rule(" \u3000\t"),
        f"{KEYWORDS}[0].text",
        "1 to 64 characters are needed, not only what nobody sees",
    ),
    "same keyword": (
        a_rule("a", "b", "a"),
        f"{KEYWORDS}[2].text",
        "the same as keywords[0].text after folding",
    ),
    "same but for case and width": (
        a_rule("x", "vx", "ＶＸ"),
        f"{KEYWORDS}[2].text",
        "the same as keywords[1].text after folding",
    ),
    "no name": (
        a_rule(display_name=""),
        "rule.display_name",
        "1 to 64 characters are needed, not only what nobody sees",
    ),
    "blank name": (
        a_rule(display_name=" "),
        "rule.display_name",
        "1 to 64 characters are needed, not only what nobody sees",
    ),
    "name of 65": (
        a_rule(display_name="n" * 65),
        "rule.display_name",
        "at most 64 characters are allowed, not 65",
    ),
    "warning of 201": (
        acting(ActionKind.WARN, "字" * 201),
        TEXT,
        "at most 200 characters are allowed, not 201",
    ),
    "warning without text": (
        acting(ActionKind.WARN),
        TEXT,
        "1 to 200 characters are needed, not only what nobody sees",
    ),
    "warning and kicking without text": (
        acting(ActionKind.WARN_AND_KICK, " "),
        TEXT,
        "1 to 200 characters are needed, not only what nobody sees",
    ),
    "warning first without text": (
        acting(ActionKind.KICK_AFTER_WARNINGS, "", 3),
        TEXT,
        "1 to 200 characters are needed, not only what nobody sees",
    ),
    "text for nobody": (
        acting(ActionKind.KICK, "bye"),
        TEXT,
        "must be empty for KICK, which says nothing",
    ),
    "keyword in the warning": (
        acting(ActionKind.WARN, "不要代购", 0, "代购"),
        TEXT,
        "holds the rule's keyword '代购'",
    ),
    "keyword in another case": (
        acting(ActionKind.WARN, "no vX here", 0, "VX"),
        TEXT,
        "holds the rule's keyword 'VX'",
    ),
    "keyword in another width": (
        acting(ActionKind.KICK_AFTER_WARNINGS, "禁ＶＸ１号", 1, "vx"),
        TEXT,
        "holds the rule's keyword 'vx'",
    ),
    "0 warnings": (acting(ActionKind.KICK_AFTER_WARNINGS, "mind", 0), NUMBER, "1 to 10 are allowed, not 0"),
    "11 warnings": (
        acting(ActionKind.KICK_AFTER_WARNINGS, "mind", 11),
        NUMBER,
        "1 to 10 are allowed, not 11",
    ),
    "-1 warnings": (
        acting(ActionKind.KICK_AFTER_WARNINGS, "mind", -1),
        NUMBER,
        "1 to 10 are allowed, not -1",
    ),
    "warnings without use": (acting(ActionKind.WARN, "mind", 3), NUMBER, "must be 0 for WARN, not 3"),
    "warnings before kicking at once": (acting(ActionKind.KICK, "", 1), NUMBER, "must be 0 for KICK, not 1"),
    "enterprise list of a member": (
        a_rule(
            owner=Owner(OwnerKind.MEMBER, "zhang"),
            action=Action(ActionKind.KICK, add_to_blacklist=Blacklist.ENTERPRISE),
        ),
        "rule.action.add_to_blacklist",
        "ENTERPRISE is for rules of the super administrators, not of member zhang",
    ),
    "enterprise list of a strategy": (
        a_rule(
            owner=Owner(OwnerKind.STRATEGY, "7"),
            action=Action(ActionKind.KICK, add_to_blacklist=Blacklist.ENTERPRISE),
        ),
        "rule.action.add_to_blacklist",
        "ENTERPRISE is for rules of the super administrators, not of strategy 7",
    ),
    "strategy without id": (
        a_rule(owner=Owner(OwnerKind.STRATEGY)),
        "rule.owner.strategy_id",
        "1 to 64 bytes are needed, not 0",
    ),
    "member of 65 bytes": (
        a_rule(owner=Owner(OwnerKind.MEMBER, "z" * 65)),
        "rule.owner.userid",
        "1 to 64 bytes are needed, not 65",
    ),
}


@pytest.mark.parametrize("rule", VALID.values(), ids=VALID)
def test_a_rule_within_its_limits_is_valid(rule: Rule) -> None:
    assert violations(validate_rule, rule) == []


@pytest.mark.parametrize(("rule", "field", "description"), INVALID.values(), ids=INVALID)
def test_a_rule_beyond_a_limit_is_refused_with_field_and_reason(
    rule: Rule, field: str, description: str
) -> None:
    assert violations(validate_rule, rule) == [(field, description)]


def test_everything_that_is_wrong_is_named_at_once() -> None:
    rule = a_rule(
        "",
        "字" * 65,
        "a",
        "A",
        owner=Owner(OwnerKind.MEMBER, ""),
        display_name="",
        action=Action(ActionKind.WARN, 1, "here is A", Blacklist.ENTERPRISE),
    )
    assert [field for field, _ in violations(validate_rule, rule)] == [
        "rule.display_name",
        "rule.owner.userid",
        f"{KEYWORDS}[0].text",
        f"{KEYWORDS}[1].text",
        f"{KEYWORDS}[3].text",
        TEXT,
        TEXT,
        NUMBER,
        "rule.action.add_to_blacklist",
    ]


A_GROUP = Group("wr1", "zhang")


@pytest.mark.parametrize(
    "groups",
    [
        [Group(f"wr{number}", "zhang") for number in range(1000)],
        [replace(A_GROUP, display_name="字" * 128)],
        [replace(A_GROUP, strategy_ids=tuple(map(str, range(20))))],
        [replace(A_GROUP, chat_id="c" * 64, owner_userid="u" * 64)],
    ],
    ids=["1000 groups", "name of 128", "20 strategies", "ids of 64 bytes"],
)
def test_groups_within_their_limits_are_valid(groups: list[Group]) -> None:
    assert violations(validate_groups, groups) == []


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        ([], [("groups", "1 to 1000 are allowed, not 0")]),
        (
            [Group(f"wr{number}", "zhang") for number in range(1001)],
            [("groups", "1 to 1000 are allowed, not 1001")],
        ),
        (
            [replace(A_GROUP, display_name="字" * 129)],
            [("groups[0].display_name", "at most 128 characters are allowed, not 129")],
        ),
        (
            [replace(A_GROUP, strategy_ids=tuple(map(str, range(21))))],
            [("groups[0].strategy_ids", "0 to 20 are allowed, not 21")],
        ),
        (
            [A_GROUP, Group("", "u" * 65), A_GROUP, Group("wr2", "zhang", "", ("7", "\n"))],
            [
                ("groups[1].chat_id", "1 to 64 bytes are needed, not 0"),
                ("groups[1].owner_userid", "1 to 64 bytes are needed, not 65"),
                ("groups[3].strategy_ids[1]", "control characters are not allowed in an id"),
                ("groups[2].chat_id", "the same as groups[0].chat_id"),
            ],
        ),
    ],
)
def test_wrong_groups_are_all_named(groups: list[Group], expected: list[tuple[str, str]]) -> None:
    assert violations(validate_groups, groups) == expected


@pytest.mark.parametrize(
    ("rules", "chats", "expected"),
    [
        (100, 2000, []),
        (101, 2000, [("rule_ids", "1 to 100 are allowed, not 101")]),
        (100, 2001, [("chat_ids", "1 to 2000 are allowed, not 2001")]),
        (0, 0, [("rule_ids", "1 to 100 are allowed, not 0"), ("chat_ids", "1 to 2000 are allowed, not 0")]),
    ],
)
def test_a_configuration_has_its_limits(rules: int, chats: int, expected: list[tuple[str, str]]) -> None:
    rule_ids = [f"r{number}" for number in range(rules)]
    chat_ids = [f"c{number}" for number in range(chats)]
    assert violations(validate_configuration, rule_ids, chat_ids) == expected


def test_a_configuration_names_nothing_twice_and_no_bad_id() -> None:
    assert violations(validate_configuration, ["a", "a"], ["c", "", "d" * 65, "c"]) == [
        ("rule_ids[1]", "the same as rule_ids[0]"),
        ("chat_ids[1]", "1 to 64 bytes are needed, not 0"),
        ("chat_ids[2]", "1 to 64 bytes are needed, not 65"),
        ("chat_ids[3]", "the same as chat_ids[0]"),
    ]
