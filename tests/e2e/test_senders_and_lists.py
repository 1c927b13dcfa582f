"""Who is judged at all, and what the blacklists do before any rule."""

from __future__ import annotations

import pytest

from groupguard.filter.v1.message_pb2 import (
    SENDER_KIND_ROBOT,
    SENDER_KIND_STAFF,
    Message,
    Sender,
    SenderKind,
    TextContent,
)
from groupguard.filter.v1.verdict_pb2 import (
    DECISION_ALLOW,
    DECISION_KICK,
    REASON_ENTERPRISE_BLACKLIST,
    REASON_PERSONAL_BLACKLIST,
    REASON_ROBOT,
    REASON_STAFF,
    REASON_UNREGISTERED_GROUP,
    Reason,
)
from groupguard.rule.v1.rule_pb2 import ACTION_KIND_KICK
from support.corp import CHAT, CUSTOMER, OWNER, Corp


@pytest.mark.parametrize(
    ("kind", "reason"), [(SENDER_KIND_STAFF, REASON_STAFF), (SENDER_KIND_ROBOT, REASON_ROBOT)]
)
def test_own_people_and_robots_are_always_allowed(
    corp: Corp, kind: SenderKind.ValueType, reason: Reason.ValueType
) -> None:
    """Neither a rule nor a blacklisted id stops them, with or without an id."""
    corp.rule("刷单", kind=ACTION_KIND_KICK)
    corp.blacklist("zhangmin")
    for external_userid in ("", "zhangmin"):
        verdict = corp.judge(
            Message(
                chat_id=CHAT,
                sender=Sender(kind=kind, external_userid=external_userid),
                text=TextContent(content="刷单"),
            )
        )
        assert (verdict.decision, verdict.reason) == (DECISION_ALLOW, reason)
        assert not verdict.hits


def test_the_enterprise_list_is_named_before_the_personal_one(corp: Corp) -> None:
    """Who is on both lists is kicked for the wider one."""
    corp.blacklist(CUSTOMER, OWNER)
    assert corp.say("大家好").reason == REASON_PERSONAL_BLACKLIST
    corp.blacklist(CUSTOMER)
    verdict = corp.say("大家好")
    assert (verdict.decision, verdict.reason) == (DECISION_KICK, REASON_ENTERPRISE_BLACKLIST)
    assert verdict.effects.kick
    assert not verdict.effects.warning_text


def test_a_personal_list_holds_in_its_owners_groups_only(corp: Corp) -> None:
    """It follows the owner: a group that changes hands changes lists."""
    corp.group("wrOther", "liqiang")
    corp.blacklist(CUSTOMER, OWNER)
    assert corp.say("大家好").reason == REASON_PERSONAL_BLACKLIST
    assert corp.say("大家好", chat="wrOther").decision == DECISION_ALLOW

    corp.group("wrOther", OWNER)
    corp.group(CHAT, "liqiang")
    assert corp.say("大家好", chat="wrOther").reason == REASON_PERSONAL_BLACKLIST
    assert corp.say("大家好").decision == DECISION_ALLOW


def test_an_unregistered_group_has_no_rules_but_the_enterprise_list(corp: Corp) -> None:
    """What nobody bound can't act; the corp's own list holds everywhere, a personal list nowhere there."""
    corp.rule("刷单", kind=ACTION_KIND_KICK)
    verdict = corp.say("刷单", chat="wrUnknown")
    assert (verdict.decision, verdict.reason) == (DECISION_ALLOW, REASON_UNREGISTERED_GROUP)

    corp.blacklist(CUSTOMER, OWNER)
    assert corp.say("大家好", chat="wrUnknown").decision == DECISION_ALLOW
    corp.blacklist(CUSTOMER)
    assert corp.say("大家好", chat="wrUnknown").reason == REASON_ENTERPRISE_BLACKLIST


def test_lists_of_one_corp_mean_nothing_to_another(corp: Corp) -> None:
    """The same customer is welcome elsewhere."""
    corp.blacklist(CUSTOMER)
    assert Corp(corp.gg).say("大家好").decision == DECISION_ALLOW
