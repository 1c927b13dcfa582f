"""The main job: whoever saves a rule sees it act on the very next message."""

from __future__ import annotations

import threading
import time

import grpc
import pytest

from groupguard.filter.v1.verdict_pb2 import (
    DECISION_ALLOW,
    DECISION_WARN,
    REASON_NO_HIT,
    REASON_RULE_HIT,
    Decision,
)
from groupguard.rule.v1.rule_pb2 import (
    RULE_STATE_DISABLED,
    RULE_STATE_ENABLED,
    RULE_STATE_SHADOW,
    RULE_STATE_UNSPECIFIED,
    Rule,
)
from groupguard_client import GroupGuard, failure, keyword_rule, text_message
from support.corp import CHAT, CUSTOMER, Corp, conditions
from support.processes import wait_until

ADVERT = "姐妹们加微信 fruit888"
MESSAGE = text_message(CHAT, CUSTOMER, ADVERT)
SECONDS_WITHOUT_TOKEN = 8.0
"""A change is heard of at once; this is far more, for busy machines."""


def test_a_rule_just_bound_judges_the_next_message(corp: Corp) -> None:
    """The verdict that carries the write's token is by the new rule, and says so; nothing waits or polls."""
    before = corp.say(ADVERT)
    rule = corp.rule("加微信")
    after = corp.say(ADVERT)

    assert (before.decision, before.reason) == (DECISION_ALLOW, REASON_NO_HIT)
    assert (after.decision, after.reason) == (DECISION_WARN, REASON_RULE_HIT)
    assert after.rules_revision == corp.token
    assert [(hit.rule_id, hit.keyword) for hit in after.hits] == [(rule.rule_id, "加微信")]
    assert after.effects.warning_rule_id == rule.rule_id


def test_every_change_of_a_rule_judges_the_next_message(corp: Corp) -> None:
    """Keywords, state, bindings and the end of a rule: each holds for the message that follows it."""
    rule = corp.rule("加微信", chats=())
    decisions = [corp.say(ADVERT).decision]
    corp.bind(rule, CHAT)
    decisions.append(corp.say(ADVERT).decision)
    corp.update(Rule(rule_id=rule.rule_id, conditions=conditions("刷单")))
    decisions.append(corp.say(ADVERT).decision)
    decisions.append(corp.say("兼职刷单").decision)
    corp.update(Rule(rule_id=rule.rule_id, state=RULE_STATE_DISABLED))
    decisions.append(corp.say("兼职刷单").decision)
    corp.update(Rule(rule_id=rule.rule_id, state=RULE_STATE_ENABLED))
    decisions.append(corp.say("兼职刷单").decision)
    corp.unbind(rule, CHAT)
    decisions.append(corp.say("兼职刷单").decision)
    corp.bind(rule, CHAT)
    decisions.append(corp.say("兼职刷单").decision)
    corp.delete(rule)
    decisions.append(corp.say("兼职刷单").decision)

    assert [Decision.Name(decision).removeprefix("DECISION_") for decision in decisions] == [
        "ALLOW",  # not bound
        "WARN",  # bound
        "ALLOW",  # other keywords
        "WARN",
        "ALLOW",  # disabled
        "WARN",  # enabled
        "ALLOW",  # unbound
        "WARN",  # bound again
        "ALLOW",  # deleted
    ]


def test_changes_arrive_without_a_token_too(corp: Corp) -> None:
    """Who sends no token sees every change within seconds, bound and unbound alike."""
    corp.say(ADVERT)  # the corp is in FilterService's memory from here on
    rule = corp.rule("加微信")
    assert wait_until(lambda: corp.judge(MESSAGE, "").decision == DECISION_WARN, SECONDS_WITHOUT_TOKEN)
    corp.unbind(rule, CHAT)
    assert wait_until(lambda: corp.judge(MESSAGE, "").decision == DECISION_ALLOW, SECONDS_WITHOUT_TOKEN)


def test_a_new_rule_is_disabled_unless_asked_otherwise(corp: Corp) -> None:
    """A rule that says nothing of its state does nothing, and its author is told."""
    rule = corp.rule("加微信", state=RULE_STATE_UNSPECIFIED)
    assert rule.state == RULE_STATE_DISABLED
    assert corp.say(ADVERT).decision == DECISION_ALLOW


def test_a_shadow_rule_is_seen_and_does_nothing(corp: Corp) -> None:
    """What a SHADOW rule finds stands apart; decision, effects and hits are as without it."""
    rule = corp.rule("加微信", state=RULE_STATE_SHADOW)
    verdict = corp.say(ADVERT)

    assert (verdict.decision, verdict.reason) == (DECISION_ALLOW, REASON_NO_HIT)
    assert not verdict.hits
    assert verdict.hit_count == 0
    assert not verdict.effects.kick
    assert not verdict.effects.warning_text
    assert [hit.rule_id for hit in verdict.shadow_hits] == [rule.rule_id]
    assert verdict.shadow_hit_count == 1


def test_a_rule_acts_only_in_its_groups(corp: Corp) -> None:
    """Another group of the same corp and another corp know nothing of it."""
    corp.rule("加微信")
    corp.group("wrOther", "liqiang")
    stranger = Corp(corp.gg)

    assert corp.say(ADVERT).decision == DECISION_WARN
    assert corp.say(ADVERT, chat="wrOther").decision == DECISION_ALLOW
    assert stranger.say(ADVERT).decision == DECISION_ALLOW


@pytest.mark.parametrize("ahead", [1, 1_000_000])
def test_a_revision_nobody_knows_is_refused_at_once(corp: Corp, ahead: int) -> None:
    """A token from the future or from another history fails with a reason, and does not use up the deadline."""
    corp.say(ADVERT)
    number, _, chain = corp.token.partition("-")
    begun = time.monotonic()
    with pytest.raises(grpc.RpcError) as refused:
        corp.judge(MESSAGE, f"{int(number) + ahead}-{chain}")
    assert time.monotonic() - begun < 2

    failed = failure(refused.value)
    assert (failed.code, failed.reason) == ("FAILED_PRECONDITION", "REVISION_UNKNOWN")
    assert failed.metadata["current"] == corp.token


def test_a_revision_of_another_history_is_refused(corp: Corp) -> None:
    """The number alone is no proof: a store that lost writes and went on has the same numbers."""
    number = corp.token.partition("-")[0]
    with pytest.raises(grpc.RpcError) as refused:
        corp.judge(MESSAGE, f"{number}-0123456789abcdef")
    assert failure(refused.value).reason == "REVISION_UNKNOWN"


def test_no_token_is_unknown_while_many_write(corp: Corp, gg: GroupGuard) -> None:
    """Eight writers at once, each judging by its own token: every verdict includes the write, none is refused."""
    problems: list[str] = []

    def write_and_judge(writer: int) -> None:
        mine = Corp(gg, corp.id)
        for turn in range(12):
            word = f"词{writer}号{turn}次"
            try:
                rule = mine.rule(word)
                found = {hit.rule_id for hit in mine.say(f"这里有{word}哦").hits}
            except grpc.RpcError as error:
                problems.append(str(failure(error)))
            else:
                problems.extend([] if rule.rule_id in found else [f"{word} was not found"])

    threads = [threading.Thread(target=write_and_judge, args=(writer,)) for writer in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []


def test_the_clients_shorthand_makes_a_rule_that_acts(corp: Corp) -> None:
    """`keyword_rule` is valid as it stands, in all its three forms."""
    for number, rule in enumerate(
        (
            keyword_rule("提醒", ["甲词"], warning="请勿发送。"),
            keyword_rule("踢出", ["乙词"], kick=True),
            keyword_rule("提醒并踢出", ["丙词"], warning="请勿发送。", kick=True),
        )
    ):
        created = corp.create(rule)
        corp.bind(created, CHAT)
        effects = corp.say(f"有{'甲乙丙'[number]}词").effects
        assert (bool(effects.warning_text), effects.kick) == (number != 1, number != 0)
