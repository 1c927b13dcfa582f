"""Length, repeats, selectors and muted senders in the domain, and the plans that groups get."""

from __future__ import annotations

import random
import time
from dataclasses import replace
from typing import Any

import pytest
from google.protobuf.json_format import ParseDict

from filter_service.convert.contents import read_contents
from filter_service.domain.compiled import Keyword
from filter_service.domain.conditions import FrequencyCondition, LengthCondition, RepeatCondition
from filter_service.domain.content import content_of
from filter_service.domain.findings import Sent, find
from filter_service.domain.lengths import written
from filter_service.domain.message import Item, MessageType
from filter_service.domain.message_types import TypeCondition
from filter_service.domain.plans import CHUNK_ORDINALS
from filter_service.domain.rule import Action, ActionKind, Group, Rule, State
from filter_service.domain.sender import Identity, Selector, Sender, SenderKind
from filter_service.domain.snapshot import BindingChange, DeletedRule, Operation, Snapshot
from filter_service.domain.verdict import Unit
from groupguard.filter.v1.message_pb2 import Content
from service_kit.matching import MatchMode
from service_kit.revision import NO_RULES
from service_kit.web import MiniProgramWhitelist, WebWhitelist
from support.messages import plain

HERE = Group("wr1", "zhang", 0)
SOMEBODY = Sender(SenderKind.CUSTOMER, "wm1")


def rule(rule_id: str, state: State = State.ENABLED, **conditions: Any) -> Rule:
    return Rule(rule_id, 1, state, conditions.pop("keywords", ()), Action(ActionKind.KICK), **conditions)


def bitmap(*ordinals: int) -> bytes:
    bits = bytearray(CHUNK_ORDINALS // 8)
    for ordinal in ordinals:
        bits[ordinal >> 3] |= 0x80 >> (ordinal & 7)
    return bytes(bits).rstrip(b"\0")


def corp(*rules: Rule) -> Snapshot:
    """All rules, bound to one group."""
    bound = BindingChange(Operation.SET, tuple(it.rule_id for it in rules), 0, b"\x80")
    return Snapshot().changed([*rules, HERE, bound], NO_RULES)


def items(content: dict[str, Any]) -> tuple[Item, ...]:
    return read_contents(ParseDict(content, Content()), "sample", [])


TEXT = {"text": {"content": "一二三\n四五"}}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (TEXT, ["一二三\n四五"]),
        ({"markdown": {"content": "# 一"}}, ["# 一"]),
        ({"mixed": {"items": [TEXT, {"image": {"recognized_text": "字"}}, TEXT]}}, ["一二三\n四五"] * 2),
        ({"chat_record": {"title": "记录", "items": [TEXT, {"mixed": {"items": [TEXT]}}]}}, []),
        ({"mixed": {"items": [{"chat_record": {"items": [TEXT]}}, TEXT]}}, ["一二三\n四五"]),
        ({"link": {"title": "标题", "description": "很长"}}, []),
        ({"other": {"texts": ["投", "票"]}}, ["投", "票"]),
    ],
)
def test_what_counts_for_the_length_is_what_the_sender_wrote(
    content: dict[str, Any], expected: list[str]
) -> None:
    """Cards and forwarded conversations are folded up in the group, and their words are others' words."""
    assert written(items(content)) == expected


@pytest.mark.parametrize(
    ("text", "hits"),
    [
        ("一" * 10, []),
        ("一" * 11, [(Unit.CHARACTERS, 11, 10)]),
        ("😀" * 10, []),
        ("1\n2\n3", []),
        ("1\n2\r\n3\r4", [(Unit.LINES, 4, 3)]),
        ("\n" * 11, [(Unit.CHARACTERS, 11, 10), (Unit.LINES, 11, 3)]),
        ("1\u20282\v3\x854", [(Unit.LINES, 4, 3)]),
        ("", []),
    ],
)
def test_what_is_longer_than_allowed_hits_with_its_figures(
    text: str, hits: list[tuple[Unit, int, int]]
) -> None:
    """Exceeding, not reaching; a line ends with whatever ends one."""
    made = corp(rule("r1", length=LengthCondition(10, 3)), rule("r2", length=LengthCondition(500)))
    found = find(made, Sent(HERE, plain(text)), ()).hits
    figures = [it.figures for it in found]
    assert [(it.unit, it.observed, it.limit) for it in figures if it] == hits


SAME = [
    ({"text": {"content": "加微信"}}, {"text": {"content": "加 微-信！"}}),
    ({"text": {"content": "ＶＸ"}}, {"text": {"content": "vx"}}),
    ({"text": {"content": "👍👍"}}, {"text": {"content": "👍👍"}}),
    ({"image": {"md5sum": "A" * 32, "recognized_text": "一"}}, {"image": {"md5sum": "a" * 32}}),
    ({"link": {"title": "一", "url": "https://a.cn"}}, {"link": {"title": "一！", "url": "https://a.cn"}}),
]
DIFFERENT = [
    ({"text": {"content": "加微信"}}, {"text": {"content": "加微"}}),
    ({"text": {"content": "👍"}}, {"text": {"content": "👎"}}),
    ({"image": {"md5sum": "a" * 32}}, {"image": {"md5sum": "b" * 32}}),
    ({"image": {"md5sum": "a" * 32}}, {"video": {"md5sum": "a" * 32}}),
    ({"link": {"title": "一", "url": "https://a.cn"}}, {"link": {"title": "一", "url": "https://b.cn"}}),
    ({"text": {"content": "一"}}, {"link": {"title": "一"}}),
    ({"mini_program": {"title": "一", "app_id": "a"}}, {"mini_program": {"title": "一", "app_id": "b"}}),
]
UNKNOWN: list[dict[str, Any]] = [
    {"image": {}},
    {"voice": {}},
    {"text": {}},
    {"red_packet": {}},
    {"mixed": {"items": [{"text": {"content": "看"}}, {"image": {}}]}},
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_same_content(one: dict[str, Any], other: dict[str, Any]) -> None:
    """Folded texts and media by their MD5."""
    assert content_of(items(one)) == content_of(items(other)) is not None


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_another_content(one: dict[str, Any], other: dict[str, Any]) -> None:
    """Neither is unknown, and they differ."""
    assert None not in (content_of(items(one)), content_of(items(other)))
    assert content_of(items(one)) != content_of(items(other))


@pytest.mark.parametrize("content", UNKNOWN)
def test_a_content_that_nothing_is_known_of(content: dict[str, Any]) -> None:
    """Two pictures without an MD5 need not be the same."""
    assert content_of(items(content)) is None


def test_selectors_tell_what_they_do_not_know() -> None:
    """Any field suffices; a fact that is absent leaves it open only if no other field selects."""
    wecom, tags = Identity.EXTERNAL_WECOM_MEMBER, frozenset({"t1"})
    selector = Selector(frozenset({wecom}), tags, frozenset({"wm9"}))
    known = Sender(SenderKind.CUSTOMER, "wm1", identity=Identity.WECHAT_CUSTOMER, tag_ids=frozenset())
    expected = {
        known: False,
        known._replace(identity=wecom, tag_ids=None): True,
        known._replace(identity=None, tag_ids=tags): True,
        known._replace(external_userid="wm9", identity=None, tag_ids=None): True,
        known._replace(identity=None): None,
        known._replace(tag_ids=None): None,
    }
    assert {sender: selector.selects(sender) for sender in expected} == expected
    assert Selector(tag_ids=tags).selects(known._replace(identity=None)) is False
    assert Selector().selects(SOMEBODY) is True


def test_plans_agree_with_bindings_through_all_changes() -> None:
    """Rules and bindings change at random, in two chunks; every group's plan is what the bindings say."""
    dice = random.Random(4)
    conditions: list[dict[str, Any]] = [
        {"length": LengthCondition(3)},
        {"frequency": FrequencyCondition(1, 1_000)},
        {"repeat": RepeatCondition(1, 1_000)},
        {"muted": Selector()},
        {"nickname_keywords": (Keyword("代购", MatchMode.FOLDED),)},
        {"message_types": TypeCondition(frozenset(MessageType), WebWhitelist(()), MiniProgramWhitelist(()))},
        {"keywords": (Keyword("代购", MatchMode.FOLDED),)},
    ]
    groups = [Group(f"wr{n}", "zhang", n) for n in (0, 1, 9, CHUNK_ORDINALS, CHUNK_ORDINALS + 17)]
    made = Snapshot().changed(groups, NO_RULES)
    for _ in range(400):
        change: Any
        rule_id = f"r{dice.randrange(6)}"
        what = dice.random()
        if what < 0.4:
            change = rule(rule_id, dice.choice(list(State)), **dice.choice(conditions))
        elif what < 0.5:
            change = DeletedRule(rule_id)
        else:
            places = [n for n in (0, 1, 9, 17) if dice.random() < 0.5]
            change = BindingChange(
                dice.choice(list(Operation)), (rule_id,), dice.randrange(2), bitmap(*places)
            )
        made = made.changed([change], NO_RULES)
        for group in dice.sample(groups, 3):
            bound = {
                it.rule_id
                for it in made.rules.values()
                if it.state is not State.DISABLED and made.binds(it.rule_id, group)
            }
            plan = made.plan(group)
            rules = made.rules
            assert {it.rule_id for it in plan.frequency.rules} == {it for it in bound if rules[it].frequency}
            assert {it.rule_id for it in plan.repeat.rules} == {it for it in bound if rules[it].repeat}
            assert {it.rule_id for it in plan.muted.rules} == {it for it in bound if rules[it].muted}
            assert plan.nickname_rules == {it for it in bound if rules[it].nickname_keywords}
            assert {it.rule_id for it in plan.types.concerned([MessageType.LINK])} == {
                it for it in bound if rules[it].message_types
            }
            too_long = {it.rule.rule_id for it in plan.lengths.hits(plain("一二三四"))}
            assert too_long == {it for it in bound if rules[it].length}


def test_plans_survive_edits_that_do_not_concern_them() -> None:
    """Words may be edited ten times a second: no plan is made again, nor one of another chunk (pitfall 27)."""
    long, words = (
        rule("r1", length=LengthCondition(3)),
        rule("r2", keywords=(Keyword("代购", MatchMode.EXACT),)),
    )
    far = Group("wr2", "zhang", CHUNK_ORDINALS)
    made = corp(long, words).changed([far, rule("r3", length=LengthCondition(9))], NO_RULES)
    plan = made.plan(HERE)
    assert made.changed([replace(words, revision=2)], NO_RULES).plan(HERE) is plan
    elsewhere = made.changed([BindingChange(Operation.BIND, ("r3",), 1, b"\x80")], NO_RULES)
    assert elsewhere.plan(HERE) is plan
    assert not elsewhere.plan(far).is_empty
    assert made.changed([replace(long, revision=2)], NO_RULES).plan(HERE) is not plan


def test_groups_with_the_same_rules_share_a_plan() -> None:
    """A thousand rules in twenty thousand groups make one plan, not twenty thousand."""
    rules = [rule(f"r{n}", length=LengthCondition(n + 1)) for n in range(100)]
    all_ = BindingChange(Operation.SET, tuple(it.rule_id for it in rules), 0, b"\xff" * 128)
    made = corp(*rules).changed([all_], NO_RULES)
    assert len({id(made.plan(Group(f"wr{n}", "zhang", n))) for n in range(1_000)}) == 1


@pytest.mark.parametrize("bound", [10, 1_000])
def test_cost_does_not_grow_with_the_rules_there_are_or_the_rules_bound(bound: int) -> None:
    """A thousand rules against ten, of lengths, frequency and muted people (pitfall 27); generous, since machines vary."""
    people = Selector(external_userids=frozenset({"wmOther"}))
    rules = [
        rule(f"r{n:04}", length=LengthCondition(100 + n), muted=people if n < 5 else None)
        for n in range(1_000)
    ]
    few = corp(*rules[:10])
    many = corp(*rules[:bound]).changed(rules[bound:], NO_RULES)

    def cost(snapshot: Snapshot) -> float:
        sent = Sent(HERE, plain("今天天气不错"), SOMEBODY)
        begun = time.process_time()
        for _ in range(3_000):
            find(snapshot, sent, ())
        return time.process_time() - begun

    costs = [(cost(few), cost(many)) for _ in range(5)]
    assert min(it for _, it in costs) < 5 * min(it for it, _ in costs)
