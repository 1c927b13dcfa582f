"""Backtest: a stream of batches, one report."""

from __future__ import annotations

from collections.abc import Iterator

import grpc
import pytest

from groupguard.filter.v1.backtest_pb2 import BacktestRequest, BacktestResponse
from groupguard.filter.v1.message_pb2 import Message
from groupguard.filter.v1.statistics_pb2 import GetStatisticsRequest
from groupguard.filter.v1.verdict_pb2 import (
    CHECK_CONDITIONS,
    CONDITION_FREQUENCY,
    DECISION_KICK,
    SKIP_REASON_FACT_ABSENT,
)
from groupguard.rule.v1.rule_pb2 import (
    ACTION_KIND_KICK,
    OWNER_KIND_SUPER_ADMIN,
    Action,
    FrequencyCondition,
    Owner,
    Rule,
)
from groupguard_client import failure, text_message
from support.corp import CHAT, Corp, conditions


def kicking(*keywords: str) -> Rule:
    return Rule(
        owner=Owner(kind=OWNER_KIND_SUPER_ADMIN),
        display_name="draft",
        conditions=conditions(*keywords),
        action=Action(kind=ACTION_KIND_KICK),
    )


def backtest(corp: Corp, rule: Rule | None, *batches: list[str]) -> BacktestResponse:
    def requests() -> Iterator[BacktestRequest]:
        for number, texts in enumerate(batches):
            messages = [text_message(CHAT, "wm1", text) for text in texts]
            yield BacktestRequest(corp_id=corp.id, rule=None if number else rule, messages=messages)

    return corp.gg.filter.Backtest(requests())


def test_nothing_follows_and_nothing_is_counted(corp: Corp) -> None:
    """Nobody is kicked or listed; samples are numbered through all batches."""
    report = backtest(corp, kicking("微信"), ["微信", "你好"], ["你好", "加微信"])
    assert [(it.index, it.decision, it.hits[0].keyword) for it in report.samples] == [
        (0, DECISION_KICK, "微信"),
        (3, DECISION_KICK, "微信"),
    ]
    assert (report.message_count, report.allowed_count, report.kicked_count) == (4, 2, 2)
    assert (report.rule.display_name, report.rule.rule_id) == ("draft", "")
    corp.say("你好")
    numbers = corp.gg.filter.GetStatistics(GetStatisticsRequest(corp_id=corp.id))
    assert not numbers.rules


@pytest.mark.parametrize(
    ("field", "batches"),
    [
        ("rule", []),
        ("rule", [BacktestRequest(corp_id="ww1", messages=[text_message(CHAT, "wm1", "微信")])]),
        ("messages", [BacktestRequest(corp_id="ww1", rule=kicking("微信"))]),
        ("corp_id", [BacktestRequest(rule=kicking("微信"))]),
        (
            "corp_id",
            [
                BacktestRequest(corp_id="ww1", rule=kicking("微信"), messages=[text_message("c", "w", "x")]),
                BacktestRequest(corp_id="ww2", messages=[text_message("c", "w", "x")]),
            ],
        ),
        (
            "rule",
            2
            * [BacktestRequest(corp_id="ww1", rule=kicking("微信"), messages=[text_message("c", "w", "x")])],
        ),
    ],
)
def test_what_is_wrong_with_a_batch_ends_the_call(
    corp: Corp, field: str, batches: list[BacktestRequest]
) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        corp.gg.filter.Backtest(iter(batches))
    assert failure(refused.value).violations[0][0] == field


def test_messages_are_counted_by_the_time_they_were_sent(corp: Corp) -> None:
    """More than three within ten seconds, whatever the batches; each group and sender apart."""
    rule = kicking("微信")
    rule.conditions.frequency.CopyFrom(FrequencyCondition(max_messages=3))
    rule.conditions.frequency.window.seconds = 10

    def sent(seconds: int, by: str = "wm1", chat: str = CHAT) -> Message:
        message = text_message(chat, by, "你好")
        message.send_time.seconds = 1_700_000_000 + seconds
        return message

    early, late = [sent(it) for it in (0, 1, 2)], [sent(9), sent(10), sent(20)]
    others = [sent(2, by="wm2"), sent(2, chat="wrOther")]

    def requests() -> Iterator[BacktestRequest]:
        yield BacktestRequest(corp_id=corp.id, rule=rule, messages=early)
        yield BacktestRequest(corp_id=corp.id, messages=[*others, *late])

    report = corp.gg.filter.Backtest(requests())
    assert [(it.index, it.hits[0].condition) for it in report.samples] == [
        (5, CONDITION_FREQUENCY),
        (6, CONDITION_FREQUENCY),
    ]
    assert not report.not_evaluated


def test_what_could_not_be_looked_at_is_named(corp: Corp) -> None:
    """A rule that asks for a sender's nickname, of which nothing is said."""
    rule = kicking("微信")
    rule.conditions.nickname_keywords.keywords.add(text="代购")
    report = backtest(corp, rule, ["微信", "你好"])
    assert report.kicked_count == 1
    [skipped] = report.not_evaluated
    assert (skipped.check, skipped.reason) == (CHECK_CONDITIONS, SKIP_REASON_FACT_ABSENT)
