"""What follows a hit: the four actions, their merging, warnings that count, and the texts customers read."""

from __future__ import annotations

import uuid

import pytest

from groupguard.common.v1.blacklist_kind_pb2 import (
    BLACKLIST_KIND_ENTERPRISE,
    BLACKLIST_KIND_PERSONAL,
    BLACKLIST_KIND_UNSPECIFIED,
    BlacklistKind,
)
from groupguard.filter.v1.verdict_pb2 import (
    CHECK_RETRY,
    DECISION_ALLOW,
    DECISION_KICK,
    DECISION_WARN,
    REASON_ENTERPRISE_BLACKLIST,
    REASON_PERSONAL_BLACKLIST,
    REASON_RULE_HIT,
    SKIP_REASON_FACT_ABSENT,
    Decision,
)
from groupguard.rule.v1.rule_pb2 import (
    ACTION_KIND_KICK,
    ACTION_KIND_KICK_AFTER_WARNINGS,
    ACTION_KIND_WARN,
    ACTION_KIND_WARN_AND_KICK,
    RULE_STATE_DISABLED,
    RULE_STATE_SHADOW,
    ActionKind,
    Rule,
)
from support.corp import CHAT, OWNER, Corp


def new_id() -> str:
    """A message_id nobody used."""
    return uuid.uuid4().hex


@pytest.mark.parametrize(
    ("kind", "decision", "kicks", "warns"),
    [
        (ACTION_KIND_WARN, DECISION_WARN, False, True),
        (ACTION_KIND_KICK, DECISION_KICK, True, False),
        (ACTION_KIND_WARN_AND_KICK, DECISION_KICK, True, True),
        (ACTION_KIND_KICK_AFTER_WARNINGS, DECISION_WARN, False, True),
    ],
)
def test_each_action_has_its_effects(
    corp: Corp, kind: ActionKind.ValueType, decision: Decision.ValueType, kicks: bool, warns: bool
) -> None:
    """The verdict says in one word and in detail what the caller should do."""
    rule = corp.rule("刷单", kind=kind)
    verdict = corp.say("来刷单", message_id=new_id())

    assert (verdict.decision, verdict.reason) == (decision, REASON_RULE_HIT)
    assert verdict.effects.kick == kicks
    assert bool(verdict.effects.warning_text) == warns
    assert verdict.effects.warning_rule_id == (rule.rule_id if warns else "")
    assert verdict.effects.add_to_blacklist == BLACKLIST_KIND_UNSPECIFIED
    assert not verdict.not_evaluated


def test_effects_of_several_rules_are_merged(corp: Corp) -> None:
    """Any kick kicks, one warning comes from the strongest rule that has one, the widest blacklist wins."""
    corp.rule("一号词", kind=ACTION_KIND_WARN, warning="第一条", blacklist=BLACKLIST_KIND_ENTERPRISE)
    corp.rule("二号词", kind=ACTION_KIND_KICK, blacklist=BLACKLIST_KIND_PERSONAL)
    strongest = corp.rule("三号词", kind=ACTION_KIND_WARN_AND_KICK, warning="第三条")
    corp.rule("四号词", kind=ACTION_KIND_WARN_AND_KICK, warning="第四条")
    verdict = corp.say("一号词二号词三号词四号词")

    assert verdict.decision == DECISION_KICK
    assert verdict.effects.kick
    assert verdict.effects.warning_text == "第三条"
    assert verdict.effects.warning_rule_id == strongest.rule_id
    assert verdict.effects.add_to_blacklist == BLACKLIST_KIND_ENTERPRISE


def test_a_silent_kick_takes_the_warning_of_a_weaker_rule(corp: Corp) -> None:
    """A rule without a text does not silence one that has one."""
    weak = corp.rule("一号词", kind=ACTION_KIND_WARN, warning="第一条")
    corp.rule("二号词", kind=ACTION_KIND_KICK)
    effects = corp.say("一号词二号词").effects
    assert (effects.kick, effects.warning_text, effects.warning_rule_id) == (True, "第一条", weak.rule_id)


def test_a_sender_is_kicked_after_the_warnings_and_starts_afresh(corp: Corp) -> None:
    """N hits are warned, the next one kicks, and the kick clears the count."""
    corp.rule("刷单", kind=ACTION_KIND_KICK_AFTER_WARNINGS, warnings_before_kick=2)
    decisions = [corp.say("刷单", message_id=new_id()).decision for _ in range(6)]
    assert decisions == [DECISION_WARN, DECISION_WARN, DECISION_KICK] * 2


def test_three_warnings_unless_said_otherwise(corp: Corp) -> None:
    """Zero stands for three, and the stored rule says so."""
    rule = corp.rule("刷单", kind=ACTION_KIND_KICK_AFTER_WARNINGS)
    assert rule.action.warnings_before_kick == 3
    decisions = [corp.say("刷单", message_id=new_id()).decision for _ in range(4)]
    assert decisions == [DECISION_WARN] * 3 + [DECISION_KICK]


def test_warnings_count_by_sender_group_and_rule(corp: Corp) -> None:
    """What another sender, another group or another rule counted is not held against anybody."""
    corp.group("wrOther", OWNER)
    corp.rule("刷单", kind=ACTION_KIND_KICK_AFTER_WARNINGS, warnings_before_kick=1, chats=[CHAT, "wrOther"])
    corp.rule("百家乐", kind=ACTION_KIND_KICK_AFTER_WARNINGS, warnings_before_kick=1)

    assert corp.say("刷单", message_id=new_id()).decision == DECISION_WARN
    assert corp.say("刷单", by="wmOther", message_id=new_id()).decision == DECISION_WARN
    assert corp.say("刷单", chat="wrOther", message_id=new_id()).decision == DECISION_WARN
    assert corp.say("百家乐", message_id=new_id()).decision == DECISION_WARN
    assert corp.say("刷单", message_id=new_id()).decision == DECISION_KICK


def test_a_repeated_call_counts_once(corp: Corp) -> None:
    """The same message_id gets the same answer, however often it is asked, and is one strike."""
    corp.rule("刷单", kind=ACTION_KIND_KICK_AFTER_WARNINGS, warnings_before_kick=1)
    first, second = new_id(), new_id()
    assert [corp.say("刷单", message_id=first).decision for _ in range(3)] == [DECISION_WARN] * 3
    assert [corp.say("刷单", message_id=second).decision for _ in range(3)] == [DECISION_KICK] * 3
    assert corp.say("刷单", message_id=first).decision == DECISION_WARN


def test_without_a_message_id_the_answer_says_what_it_could_not_know(corp: Corp) -> None:
    """A repetition can't be recognised: both calls count, and both verdicts name the check that was left out."""
    corp.rule("刷单", kind=ACTION_KIND_KICK_AFTER_WARNINGS, warnings_before_kick=1)
    verdicts = [corp.say("刷单"), corp.say("刷单")]
    assert [verdict.decision for verdict in verdicts] == [DECISION_WARN, DECISION_KICK]
    for verdict in verdicts:
        [skipped] = verdict.not_evaluated
        assert (skipped.check, skipped.reason) == (CHECK_RETRY, SKIP_REASON_FACT_ABSENT)


def test_a_repeated_call_gets_the_first_verdict_whatever_changed_meanwhile(corp: Corp) -> None:
    """Rules added, disabled, or the sender listed: the same decision, by the rules of the first time."""
    old = corp.rule("刷单", kind=ACTION_KIND_KICK_AFTER_WARNINGS, warnings_before_kick=1)
    repeated = new_id()
    first = corp.say("刷单百家乐", message_id=repeated)
    assert (first.decision, first.repeated) == (DECISION_WARN, False)

    corp.rule("百家乐", kind=ACTION_KIND_KICK)
    again = corp.say("刷单百家乐", message_id=repeated)
    assert again.repeated
    assert [hit.rule_id for hit in again.hits] == [old.rule_id]
    corp.update(Rule(rule_id=old.rule_id, state=RULE_STATE_DISABLED))
    later = corp.say("刷单百家乐", message_id=repeated)
    corp.blacklist("wmPeddler")
    listed = corp.say("刷单百家乐", message_id=repeated)
    for verdict in (again, later, listed):
        assert (verdict.decision, verdict.effects) == (first.decision, first.effects)
        assert verdict.rules_revision == first.rules_revision
    assert corp.say("刷单百家乐", message_id=new_id()).reason == REASON_ENTERPRISE_BLACKLIST


def test_a_shadow_rule_counts_nothing_against_anybody(corp: Corp) -> None:
    """Its hits never lead to a kick."""
    corp.rule("刷单", kind=ACTION_KIND_KICK_AFTER_WARNINGS, warnings_before_kick=1, state=RULE_STATE_SHADOW)
    assert [corp.say("刷单", message_id=new_id()).decision for _ in range(4)] == [DECISION_ALLOW] * 4


@pytest.mark.parametrize(
    ("blacklist", "here", "elsewhere"),
    [
        (BLACKLIST_KIND_PERSONAL, REASON_PERSONAL_BLACKLIST, None),
        (BLACKLIST_KIND_ENTERPRISE, REASON_ENTERPRISE_BLACKLIST, REASON_ENTERPRISE_BLACKLIST),
    ],
)
def test_a_rule_that_blacklists_stops_the_sender_at_the_next_message(
    corp: Corp, blacklist: BlacklistKind.ValueType, here: int, elsewhere: int | None
) -> None:
    """The entry is written before the verdict goes out; it names the rule, and reaches as far as its list."""
    corp.group("wrOther", "liqiang")
    corp.rule("刷单", kind=ACTION_KIND_KICK, blacklist=blacklist)
    innocent = "大家好"
    assert corp.say(innocent).decision == DECISION_ALLOW
    verdict = corp.say("刷单")
    assert (verdict.reason, verdict.effects.add_to_blacklist) == (REASON_RULE_HIT, blacklist)
    assert not verdict.not_evaluated

    assert corp.say(innocent).reason == here
    other = corp.say(innocent, chat="wrOther")
    assert other.reason == elsewhere if elsewhere else other.decision == DECISION_ALLOW
    assert corp.say(innocent, by="wmSomebody").decision == DECISION_ALLOW


def test_warnings_are_given_before_anybody_is_blacklisted(corp: Corp) -> None:
    """A rule that kicks after warnings blacklists with its kick, not with its first warning."""
    corp.rule(
        "刷单",
        kind=ACTION_KIND_KICK_AFTER_WARNINGS,
        warnings_before_kick=1,
        blacklist=BLACKLIST_KIND_ENTERPRISE,
    )
    assert corp.say("刷单", message_id=new_id()).effects.add_to_blacklist == BLACKLIST_KIND_UNSPECIFIED
    assert corp.say("大家好").decision == DECISION_ALLOW
    assert corp.say("刷单", message_id=new_id()).effects.add_to_blacklist == BLACKLIST_KIND_ENTERPRISE
    assert corp.say("大家好").reason == REASON_ENTERPRISE_BLACKLIST


@pytest.mark.parametrize(
    ("nickname", "warning"),
    [
        ("果果妈", "果果妈，请勿发广告"),
        ("加微信fruit888", "该成员，请勿发广告"),
        ("来ＢＡＩ家乐", "该成员，请勿发广告"),
        ("class", "class，请勿发广告"),
        ("  ", "该成员，请勿发广告"),
        (None, "该成员，请勿发广告"),
    ],
)
def test_warnings_name_the_sender_but_never_repeat_an_advert(
    corp: Corp, nickname: str | None, warning: str
) -> None:
    """`{nickname}` becomes the nickname, unless there is none or it holds a keyword of any rule of the corp."""
    corp.rule("加微信", warning="{nickname}，请勿发广告")
    corp.rule("bai家乐", "ass", chats=())
    assert corp.say("加微信", nickname=nickname).effects.warning_text == warning
