"""Batches in a stream: each answered by itself, in order, none read ahead, and an end without loss."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from google.rpc import code_pb2

from groupguard.filter.v1.filter_service_pb2 import StreamCheckMessagesRequest, StreamCheckMessagesResponse
from groupguard.filter.v1.message_pb2 import Message
from groupguard.filter.v1.verdict_pb2 import DECISION_ALLOW, DECISION_WARN
from groupguard_client import Addresses, GroupGuard, failure, text_message
from groupguard_client.streaming import AHEAD, MOST_MESSAGES
from support.callers import tokens
from support.judging import CHAT, Peers, Serving, filter_client, serving, warning
from support.records import Writable
from support.services import eventually

CORP = "ww1"


def said(text: str, number: int = 0) -> Message:
    return text_message(CHAT, f"wm{number}", text, message_id=f"m{number}")


def batch(*texts: str, corp_id: str = CORP) -> StreamCheckMessagesRequest:
    return StreamCheckMessagesRequest(corp_id=corp_id, messages=map(said, texts))


def told(answer: StreamCheckMessagesResponse) -> list[int] | int:
    """The decisions, an error's code standing for one; or the code of a batch that was refused as a whole."""
    if answer.HasField("error"):
        return answer.error.code
    return [
        it.verdict.decision if it.HasField("verdict") else -it.error.code for it in answer.results.results
    ]


@pytest.fixture
def peers() -> Peers:
    return Peers(warning("ads", "加微信"))


@pytest.fixture
async def served(peers: Peers) -> AsyncIterator[Serving]:
    async with serving(peers, Writable()) as served:
        yield served


async def test_what_is_wrong_with_one_batch_or_message_concerns_it_alone(served: Serving) -> None:
    """Bad messages, too many, no corp, an unreadable token: each its own error, in the order sent."""
    bad = StreamCheckMessagesRequest(corp_id=CORP, messages=[said("加微信"), Message(), said("你好")])
    old = batch("你好")
    old.min_rules_revision = "nonsense"
    requests = [
        batch("加微信", "你好"),
        bad,
        StreamCheckMessagesRequest(corp_id=CORP),
        batch("你好", corp_id=""),
        old,
        batch("你好"),
    ]
    async with filter_client(served.target) as gg:
        answers = [told(answer) async for answer in gg.filter.StreamCheckMessages(iter(requests))]
    invalid = code_pb2.INVALID_ARGUMENT
    assert answers == [
        [DECISION_WARN, DECISION_ALLOW],
        [DECISION_WARN, -invalid, DECISION_ALLOW],
        invalid,
        invalid,
        invalid,
        [DECISION_ALLOW],
    ]


async def test_every_batch_has_to_be_the_callers_to_ask(peers: Peers) -> None:
    """A corp in which the caller is no checker is refused batch by batch; no token is refused at once."""
    known = tokens({"crm": {"ww1": ["checker"], "ww2": ["viewer"]}})
    async with serving(peers, Writable(), tokens=known) as served:
        async with filter_client(served.target, token="crm") as gg:
            requests = [batch("加微信"), batch("加微信", corp_id="ww2"), batch("加微信")]
            answers = [told(answer) async for answer in gg.filter.StreamCheckMessages(iter(requests))]
        assert answers == [[DECISION_WARN], code_pb2.PERMISSION_DENIED, [DECISION_WARN]]

        def ask() -> None:
            with GroupGuard(Addresses(filter=served.target), token="somebody") as gg:
                list(gg.check_messages(CORP, [said("加微信")]))

        with pytest.raises(grpc.RpcError) as refused:
            await asyncio.to_thread(ask)
        assert failure(refused.value).reason == "UNAUTHENTICATED"


async def test_a_fault_of_ours_in_one_batch_leaves_the_stream_alive(served: Serving, peers: Peers) -> None:
    """It is INTERNAL and says no more."""

    def fail() -> None:
        peers.looking = lambda: None
        raise RuntimeError("redis://:secret@store")

    peers.looking = fail
    async with filter_client(served.target) as gg:
        stream = gg.filter.StreamCheckMessages(iter([batch("你好"), batch("加微信")]))
        first, second = [answer async for answer in stream]
    assert (first.error.code, first.error.message) == (code_pb2.INTERNAL, "internal error")
    assert told(second) == [DECISION_WARN]


async def test_nothing_is_read_before_the_last_answer_is_given(served: Serving, peers: Peers) -> None:
    """While a batch is judged the server takes no other, however many the caller has sent."""
    judging = asyncio.Event()
    judged: list[int] = []
    original = served.judge.judge

    async def slow(*arguments: Any) -> Any:
        judged.append(len(arguments[1]))
        await judging.wait()
        return await original(*arguments)

    served.judge.judge = slow  # type: ignore[assignment, method-assign]
    async with filter_client(served.target) as gg:
        stream = gg.filter.StreamCheckMessages(iter([batch("你好")] * 50))

        async def begun() -> bool:
            return bool(judged)

        await eventually(begun)
        assert len(judged) == 1
        judging.set()
        assert len([answer async for answer in stream]) == 50 == len(judged)


async def test_an_ending_server_answers_what_it_has_begun_and_ends_in_order(served: Serving) -> None:
    """The stream ends without an error; so does one on which nothing is sent."""
    sent = asyncio.Event()

    async def requests() -> AsyncIterator[StreamCheckMessagesRequest]:
        yield batch("加微信")
        sent.set()
        await asyncio.Event().wait()

    async with filter_client(served.target) as gg:
        stream = gg.filter.StreamCheckMessages(requests())
        assert told(await anext(aiter(stream))) == [DECISION_WARN]
        served.streams.end()
        assert [answer async for answer in stream] == []
        assert await stream.code() is grpc.StatusCode.OK


async def test_the_client_sends_again_what_an_ending_server_left_unanswered(
    served: Serving, peers: Peers
) -> None:
    """Every message has its result, in order, though the server ended after the first batch."""
    texts = ["加微信" if number % 7 == 0 else "你好" for number in range(5 * MOST_MESSAGES + 3)]
    taken = 0

    def messages() -> list[int]:
        nonlocal taken
        decisions: list[int] = []

        def sent() -> object:
            nonlocal taken
            for number, text in enumerate(texts):
                taken += 1
                yield said(text, number)

        with GroupGuard(Addresses(filter=served.target), token="") as gg:
            for result in gg.check_messages(CORP, sent()):  # type: ignore[arg-type]
                assert taken <= len(decisions) + (AHEAD + 1) * MOST_MESSAGES + 1
                decisions.append(result.verdict.decision)
                if len(decisions) == 10:
                    served.streams.end()
                    served.servicer._streams = type(served.streams)()
        return decisions

    decisions = await asyncio.to_thread(messages)
    assert decisions == [DECISION_WARN if text == "加微信" else DECISION_ALLOW for text in texts]


async def test_the_client_gives_up_where_nobody_is(peers: Peers) -> None:
    """After a few attempts the failure is the caller's."""

    def ask() -> None:
        with GroupGuard(Addresses(filter="127.0.0.1:1"), token="", attempts=2) as gg:
            list(gg.check_messages(CORP, [said("你好")]))

    with pytest.raises(grpc.RpcError) as failed:
        await asyncio.to_thread(ask)
    assert failed.value.code() is grpc.StatusCode.UNAVAILABLE
