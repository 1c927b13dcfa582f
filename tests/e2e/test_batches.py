"""Many messages in one call: order, neighbours of a bad one, limits."""

from __future__ import annotations

import grpc
import pytest
from google.rpc import code_pb2

from groupguard.filter.v1.filter_service_pb2 import BatchCheckMessagesRequest, BatchCheckMessagesResponse
from groupguard.filter.v1.message_pb2 import Message
from groupguard.filter.v1.verdict_pb2 import DECISION_ALLOW, DECISION_KICK, DECISION_WARN
from groupguard.rule.v1.rule_pb2 import ACTION_KIND_KICK, ACTION_KIND_KICK_AFTER_WARNINGS
from groupguard_client import failure, text_message
from support.corp import CHAT, CUSTOMER, Corp


def judge(corp: Corp, messages: list[Message]) -> list[BatchCheckMessagesResponse.Result]:
    """The results of one call."""
    request = BatchCheckMessagesRequest(corp_id=corp.id, messages=messages, min_rules_revision=corp.token)
    return list(corp.gg.filter.BatchCheckMessages(request).results)


def test_a_bad_message_has_a_status_and_its_neighbours_have_verdicts(corp: Corp) -> None:
    """Results stand in the order asked, and the status says what the single call would have said."""
    corp.rule("刷单", kind=ACTION_KIND_KICK)
    too_long = text_message(CHAT, CUSTOMER, "长" * 10_001)
    results = judge(
        corp,
        [
            text_message(CHAT, CUSTOMER, "刷单"),
            too_long,
            text_message(CHAT, CUSTOMER, "大家好"),
            text_message("", CUSTOMER, "刷单"),
            text_message(CHAT, CUSTOMER, "刷单"),
        ],
    )

    assert [result.WhichOneof("result") for result in results] == [
        "verdict",
        "error",
        "verdict",
        "error",
        "verdict",
    ]
    assert [results[index].verdict.decision for index in (0, 2, 4)] == [
        DECISION_KICK,
        DECISION_ALLOW,
        DECISION_KICK,
    ]
    assert results[1].error.code == code_pb2.INVALID_ARGUMENT
    assert results[1].error.message.startswith("messages[1].text.content: ")
    assert "10000" in results[1].error.message
    assert "10001" in results[1].error.message
    assert "messages[3].chat_id" in results[3].error.message

    with pytest.raises(grpc.RpcError) as refused:
        corp.judge(too_long)
    [violation] = failure(refused.value).violations
    assert violation == ("message.text.content", "at most 10000 characters are allowed, not 10001")


def test_a_thousand_messages_are_judged_in_order_and_one_more_is_refused(corp: Corp) -> None:
    """The limit is named, with what was asked."""
    corp.rule("刷单")
    messages = [text_message(CHAT, CUSTOMER, f"第{i}条" + "刷单" * (i % 2)) for i in range(1_000)]
    decisions = [result.verdict.decision for result in judge(corp, messages)]
    assert decisions == [DECISION_ALLOW, DECISION_WARN] * 500

    with pytest.raises(grpc.RpcError) as refused:
        judge(corp, [*messages, messages[0]])
    failed = failure(refused.value)
    assert (failed.code, failed.reason) == ("INVALID_ARGUMENT", "INVALID_FIELD")
    assert failed.violations == (("messages", "1 to 1000 are allowed, not 1001"),)


def test_a_text_of_ten_thousand_characters_is_judged_to_its_end(corp: Corp) -> None:
    """The longest text allowed is read to its last character."""
    corp.rule("刷单")
    assert corp.say("长" * 9_998 + "刷单").decision == DECISION_WARN


def test_a_full_batch_of_long_lists_of_hits_arrives(corp: Corp) -> None:
    """A thousand verdicts of a hundred hits each are more than gRPC's default of 4 MiB; the client takes them."""
    corp.rule("刷单日结佣金")
    results = judge(corp, [text_message(CHAT, CUSTOMER, "刷单日结佣金，" * 100)] * 1_000)
    assert [len(result.verdict.hits) for result in results] == [100] * 1_000


def test_warnings_are_counted_within_a_batch(corp: Corp) -> None:
    """One sender's messages count in the order they stand in; a repeated message_id counts once."""
    corp.rule("刷单", kind=ACTION_KIND_KICK_AFTER_WARNINGS, warnings_before_kick=2)
    ids = ["a", "a", "b", "c", "d"]
    results = judge(corp, [text_message(CHAT, CUSTOMER, "刷单", message_id=f"{corp.id}{i}") for i in ids])
    assert [result.verdict.decision for result in results] == [
        DECISION_WARN,
        DECISION_WARN,
        DECISION_WARN,
        DECISION_KICK,
        DECISION_WARN,
    ]


def test_everything_wrong_with_a_call_is_named_at_once(corp: Corp) -> None:
    """A caller mends all fields in one go."""
    with pytest.raises(grpc.RpcError) as refused:
        corp.judge(Message(message_id="x" * 65))
    fields = [field for field, _ in failure(refused.value).violations]
    assert {"message.chat_id", "message.message_id", "message.sender.kind", "message.text"} <= set(fields)


def test_a_hundred_hits_are_listed_the_longest_first_and_all_are_counted(corp: Corp) -> None:
    """One more than that: the last of the short ones is left out, the long one at the end of the text is not."""
    corp.rule("刷单", "兼职日结")
    all_listed = corp.say("刷单" * 99 + "兼职日结")
    assert (all_listed.hit_count, len(all_listed.hits)) == (100, 100)
    verdict = corp.say("刷单" * 100 + "兼职日结")
    assert (verdict.hit_count, len(verdict.hits)) == (101, 100)
    assert verdict.hits[0].keyword == "兼职日结"
    assert [hit.span.start for hit in verdict.hits[1:]] == list(range(0, 198, 2))
