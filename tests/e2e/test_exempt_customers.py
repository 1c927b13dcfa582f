"""Exempt customers through all three services: every write holds for the very next message."""

from __future__ import annotations

from google.protobuf.duration_pb2 import Duration

from groupguard.filter.v1.verdict_pb2 import (
    DECISION_ALLOW,
    DECISION_KICK,
    DECISION_WARN,
    REASON_ENTERPRISE_BLACKLIST,
    REASON_EXEMPT,
    REASON_NO_HIT,
    REASON_PERSONAL_BLACKLIST,
    REASON_RULE_HIT,
    REASON_UNREGISTERED_GROUP,
    Effects,
)
from groupguard.rule.v1.rule_pb2 import ACTION_KIND_KICK_AFTER_WARNINGS
from groupguard.rule.v1.settings_pb2 import CorpSettings, DecisionLog, GetCorpSettingsRequest
from support.corp import CHAT, CUSTOMER, OWNER, Corp

OTHER, COLLEAGUE = "wrOther", "liqiang"


def test_no_rule_holds_for_an_exempt_customer(corp: Corp) -> None:
    """From the next message on; taken off the list, the customer is hit again, and others always were."""
    corp.rule("刷单")
    assert corp.say("刷单").decision == DECISION_WARN
    corp.exempt(CUSTOMER)
    verdict = corp.say("刷单")
    assert (verdict.decision, verdict.reason, verdict.hit_count) == (DECISION_ALLOW, REASON_EXEMPT, 0)
    assert verdict.rules_revision == corp.token
    assert verdict.effects == Effects()
    assert corp.say("刷单", by="wmOther").reason == REASON_RULE_HIT
    corp.unexempt(CUSTOMER)
    assert corp.say("刷单").reason == REASON_RULE_HIT


def test_a_members_list_holds_in_the_members_groups_until_it_is_shared(corp: Corp) -> None:
    """It follows the owner when a group changes hands; sharing opens all registered groups, and can be taken back."""
    corp.group(OTHER, COLLEAGUE)
    corp.rule("刷单", chats=(CHAT, OTHER))
    corp.exempt(CUSTOMER, OWNER)
    assert corp.say("刷单").reason == REASON_EXEMPT
    assert corp.say("刷单", chat=OTHER).reason == REASON_RULE_HIT

    corp.decide(CorpSettings(share_exemptions=True))
    assert corp.say("刷单", chat=OTHER).reason == REASON_EXEMPT
    assert corp.say("刷单", chat="wrUnknown").reason == REASON_UNREGISTERED_GROUP
    corp.decide(CorpSettings(), "share_exemptions")
    assert corp.say("刷单", chat=OTHER).reason == REASON_RULE_HIT

    corp.group(OTHER, OWNER)
    assert corp.say("刷单", chat=OTHER).reason == REASON_EXEMPT
    corp.group(CHAT, COLLEAGUE)
    assert corp.say("刷单").reason == REASON_RULE_HIT


def test_the_corps_list_holds_everywhere(corp: Corp) -> None:
    """In every owner's groups and in groups that nobody registered; in no other corp."""
    corp.group(OTHER, COLLEAGUE)
    corp.exempt(CUSTOMER)
    assert {corp.say("大家好", chat=chat).reason for chat in (CHAT, OTHER, "wrUnknown")} == {REASON_EXEMPT}
    assert Corp(corp.gg).say("大家好").reason == REASON_NO_HIT


def test_a_blacklisted_customer_is_kicked_though_exempt(corp: Corp) -> None:
    """Blacklists are not rules: the member's own and the enterprise's hold for everybody."""
    corp.exempt(CUSTOMER)
    corp.exempt(CUSTOMER, OWNER)
    corp.blacklist(CUSTOMER, OWNER)
    verdict = corp.say("大家好")
    assert (verdict.decision, verdict.reason) == (DECISION_KICK, REASON_PERSONAL_BLACKLIST)
    corp.blacklist(CUSTOMER)
    assert corp.say("大家好").reason == REASON_ENTERPRISE_BLACKLIST


def test_what_an_exempt_customer_wrote_counts_for_nothing(corp: Corp) -> None:
    """Once not exempt any more, the customer has all warnings left."""
    corp.rule("刷单", kind=ACTION_KIND_KICK_AFTER_WARNINGS, warnings_before_kick=1)
    corp.exempt(CUSTOMER)
    for number in range(3):
        assert corp.say("刷单", message_id=f"a{number}").reason == REASON_EXEMPT
    corp.unexempt(CUSTOMER)
    assert corp.say("刷单", message_id="b1").decision == DECISION_WARN
    assert corp.say("刷单", message_id="b2").decision == DECISION_KICK


def test_settings_that_judging_does_not_use_change_no_verdict(corp: Corp) -> None:
    """They reach followers all the same, who go on."""
    corp.rule("刷单")
    corp.decide(
        CorpSettings(decision_log=DecisionLog(enabled=True, retention=Duration(seconds=3_600))),
        "decision_log",
    )
    assert corp.say("刷单").rules_revision == corp.token
    kept = corp.gg.rules.GetCorpSettings(GetCorpSettingsRequest(corp_id=corp.id))
    assert kept.decision_log.enabled
    assert kept.etag == corp.token.partition("-")[0]
