"""From hits to verdicts: order, merging, texts."""

from dataclasses import replace
from typing import Any

import pytest

from filter_service.domain.counting import Tally
from filter_service.domain.decide import decide_by_rules, decide_unruled
from filter_service.domain.findings import Findings, Sent, find
from filter_service.domain.keyword_hits import Scanned
from filter_service.domain.keyword_index import occurrences
from filter_service.domain.message import Message
from filter_service.domain.rule import Action, ActionKind, Blacklist, Group, Rule, State
from filter_service.domain.sender import Sender, SenderKind
from filter_service.domain.snapshot import BindingChange, Operation, Snapshot
from filter_service.domain.verdict import (
    Check,
    Decision,
    Reason,
    Skipped,
    SkipReason,
    StrikeCount,
    Verdict,
)
from filter_service.domain.warning import shown_name
from service_kit.revision import Revision
from support.keywords import exactly
from support.messages import plain

GROUP = Group("wr1", "zhang", 0)
SENDER = Sender(SenderKind.CUSTOMER, "wm1", "小王")
MESSAGE = Message("m1", "wr1", SENDER, (), 0.0)
WARN, KICK = ActionKind.WARN, ActionKind.KICK
BOTH, LATER = ActionKind.WARN_AND_KICK, ActionKind.KICK_AFTER_WARNINGS


def rule(rule_id: str, kind: ActionKind, word: str = "广告", **more: Any) -> Rule:
    text = "" if kind is KICK else f"请看{rule_id}"
    action = Action(kind, 3 if kind is LATER else 0, text, Blacklist.NONE)
    return Rule(rule_id, 5, State.ENABLED, exactly(word), replace(action, **more))


def snapshot(*rules: Rule) -> Snapshot:
    binding = BindingChange(Operation.SET, tuple(rule.rule_id for rule in rules), 0, b"\x80")
    return Snapshot().changed([*rules, GROUP, binding], Revision(9, "ab"))


def found(made: Snapshot, text: str) -> Findings:
    items = plain(text)
    scanned = [Scanned(items[0], part, occurrences(made.indexes, part.text)) for part in items[0].parts]
    return find(made, Sent(GROUP, items, SENDER), scanned)


def judge(
    text: str, *rules: Rule, struck_out: frozenset[str] = frozenset(), nickname: str = "小王"
) -> Verdict:
    made = snapshot(*rules)
    message = replace(MESSAGE, items=plain(text), sender=SENDER._replace(group_nickname=nickname))
    tally = Tally(strikes=tuple(StrikeCount(rule_id, 4, 3, False) for rule_id in struck_out))
    findings = found(made, text)
    shown = shown_name(made, findings, message.sender)
    return decide_by_rules(made, message, findings, tally, shown, ())


@pytest.mark.parametrize(
    ("kinds", "decision", "kick", "warned_by"),
    [
        ([WARN], Decision.WARN, False, "r0"),
        ([KICK], Decision.KICK, True, ""),
        ([BOTH], Decision.KICK, True, "r0"),
        ([WARN, KICK], Decision.KICK, True, "r0"),
        ([WARN, BOTH], Decision.KICK, True, "r1"),
        ([WARN, WARN], Decision.WARN, False, "r0"),
        ([BOTH, BOTH], Decision.KICK, True, "r0"),
        ([LATER], Decision.WARN, False, "r0"),
        ([LATER, KICK], Decision.KICK, True, "r0"),
        ([LATER, BOTH], Decision.KICK, True, "r1"),
    ],
)
def test_effects_are_the_union_with_one_warning(
    kinds: list[ActionKind], decision: Decision, kick: bool, warned_by: str
) -> None:
    """One rule that kicks suffices; the warning is the strongest rule's that has a text, ties by rule_id."""
    verdict = judge("有广告", *(rule(f"r{index}", kind) for index, kind in enumerate(kinds)))
    assert (verdict.decision, verdict.effects.kick) == (decision, kick)
    assert verdict.effects.warning_rule_id == warned_by
    assert verdict.effects.warning_text == (f"请看{warned_by}" if warned_by else "")
    assert verdict.reason is Reason.RULE_HIT
    assert verdict.revision == Revision(9, "ab")


def test_a_rule_that_struck_out_kicks_and_then_warns_before_weaker_ones() -> None:
    """KICK_AFTER_WARNINGS at its kick is as strong as KICK."""
    verdict = judge("有广告", rule("r0", WARN), rule("r1", LATER), struck_out=frozenset({"r1"}))
    assert verdict.effects.kick
    assert verdict.effects.warning_rule_id == "r1"


@pytest.mark.parametrize(
    ("lists", "widest"),
    [
        ([Blacklist.NONE], Blacklist.NONE),
        ([Blacklist.PERSONAL], Blacklist.PERSONAL),
        ([Blacklist.PERSONAL, Blacklist.ENTERPRISE], Blacklist.ENTERPRISE),
        ([Blacklist.ENTERPRISE, Blacklist.PERSONAL], Blacklist.ENTERPRISE),
    ],
)
def test_the_widest_blacklist_wins(lists: list[Blacklist], widest: Blacklist) -> None:
    """The effects name one list and the rule that asks for it."""
    rules = [rule(f"r{index}", KICK, add_to_blacklist=each) for index, each in enumerate(lists)]
    effects = judge("有广告", *rules).effects
    assert effects.add_to_blacklist is widest
    assert effects.blacklist_rule_id == (f"r{lists.index(widest)}" if widest is not Blacklist.NONE else "")


def test_a_customer_who_is_only_warned_for_now_is_not_blacklisted() -> None:
    """KICK_AFTER_WARNINGS blacklists with the kick, not with the warnings before it."""
    patient = rule("r0", LATER, add_to_blacklist=Blacklist.PERSONAL)
    assert judge("有广告", patient).effects.add_to_blacklist is Blacklist.NONE
    assert (
        judge("有广告", patient, struck_out=frozenset({"r0"})).effects.add_to_blacklist is Blacklist.PERSONAL
    )


def test_shadow_rules_are_reported_apart_and_do_nothing() -> None:
    """A shadow rule's hit changes neither decision nor effects."""
    verdict = judge("有广告", replace(rule("r0", BOTH), state=State.SHADOW))
    assert (verdict.decision, verdict.reason, verdict.hits) == (Decision.ALLOW, Reason.NO_HIT, ())
    assert [hit.rule.rule_id for hit in verdict.shadow_hits] == ["r0"]
    assert verdict.effects == judge("没有", rule("r0", BOTH)).effects


def test_rules_of_other_groups_do_not_count() -> None:
    """Every rule's words are in one index; only those bound to the group hit."""
    made = snapshot(rule("r0", KICK)).changed([rule("r1", KICK, "传销")], Revision(10, "cd"))
    assert found(made, "传销广告").rules == (made.rules["r0"],)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("路口交通拥堵", []),
        ("口交", [(0, 2)]),
        ("路口交通口交", [(4, 6)]),
        ("口交路口交通", [(0, 2)]),
        ("路口交", [(1, 3)]),
        ("十字路口交通", []),
    ],
)
def test_an_allow_phrase_excuses_what_lies_wholly_inside_it(text: str, found: list[tuple[int, int]]) -> None:
    """Whatever comes before or after; a phrase that is only begun excuses nothing (pitfalls 1, 4)."""
    strict = replace(rule("r0", KICK, "口交"), allow_phrases=("路口交通", "字路口交"))
    assert [(hit.start, hit.end) for hit in judge(text, strict).hits] == found


def test_an_allow_phrase_excuses_its_own_rule_only() -> None:
    """What one rule allows another may still look for."""
    lenient = replace(rule("r0", KICK, "口交"), allow_phrases=("路口交通",))
    assert [hit.rule.rule_id for hit in judge("路口交通", lenient, rule("r1", KICK, "口交")).hits] == ["r1"]


def test_rules_with_conditions_that_are_not_known_are_named() -> None:
    """Only those bound to the group and not switched off: nothing is passed in silence."""
    more = replace(rule("r0", KICK), has_unknown_conditions=True)
    off = replace(more, rule_id="r1", state=State.DISABLED)
    made = snapshot(rule("r2", KICK), more, off).changed([replace(more, rule_id="r3")], Revision(10, "cd"))
    assert found(made, "早").skipped == (Skipped(Check.CONDITIONS, SkipReason.UNSUPPORTED, ("r0",)),)
    assert found(snapshot(rule("r2", KICK)), "早").skipped == ()


@pytest.mark.parametrize(
    ("nickname", "shown"),
    [
        ("小王", "小王，注意"),
        ("", "该成员，注意"),
        ("  ", "该成员，注意"),
        ("专做广告", "该成员，注意"),
        ("{nickname}", "{nickname}，注意"),
    ],
)
def test_a_warning_never_repeats_an_advert_in_a_nickname(nickname: str, shown: str) -> None:
    """A nickname that holds a keyword of any rule is replaced, and so is one that is not known."""
    talking = rule("r0", WARN, "传销", warning_text="{nickname}，注意")
    other = rule("r1", WARN, "广告", warning_text="请看")
    assert judge("传销", talking, other, nickname=nickname).effects.warning_text == shown


@pytest.mark.parametrize(
    ("kind", "listed", "chat_id", "reason"),
    [
        (SenderKind.STAFF, Blacklist.ENTERPRISE, "wr1", Reason.STAFF),
        (SenderKind.ROBOT, Blacklist.NONE, "wr1", Reason.ROBOT),
        (SenderKind.CUSTOMER, Blacklist.ENTERPRISE, "wr1", Reason.ENTERPRISE_BLACKLIST),
        (SenderKind.CUSTOMER, Blacklist.ENTERPRISE, "nowhere", Reason.ENTERPRISE_BLACKLIST),
        (SenderKind.CUSTOMER, Blacklist.PERSONAL, "wr1", Reason.PERSONAL_BLACKLIST),
        (SenderKind.CUSTOMER, Blacklist.NONE, "nowhere", Reason.UNREGISTERED_GROUP),
    ],
)
def test_own_people_come_first_then_blacklists_then_rules(
    kind: SenderKind, listed: Blacklist, chat_id: str, reason: Reason
) -> None:
    """The order of deciding, as far as no rule is needed."""
    message = replace(MESSAGE, sender=SENDER._replace(kind=kind), chat_id=chat_id)
    verdict = decide_unruled(snapshot(rule("r0", KICK)), message, listed)
    assert verdict is not None
    assert verdict.reason is reason
    kicks = reason in (Reason.ENTERPRISE_BLACKLIST, Reason.PERSONAL_BLACKLIST)
    assert verdict.decision is (Decision.KICK if kicks else Decision.ALLOW)
    assert verdict.effects.kick is kicks


def test_a_customer_in_a_registered_group_is_left_to_the_rules() -> None:
    """No early verdict where rules must decide."""
    assert decide_unruled(snapshot(rule("r0", KICK)), MESSAGE, Blacklist.NONE) is None
