"""Single checks that leave together, against a FilterService that notes its batches."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any

import grpc
import grpc.aio
import pytest
from google.rpc import code_pb2, status_pb2

from groupguard.filter.v1.filter_service_pb2 import BatchCheckMessagesRequest, BatchCheckMessagesResponse
from groupguard.filter.v1.filter_service_pb2_grpc import (
    FilterServiceServicer,
    add_FilterServiceServicer_to_server,
)
from groupguard.filter.v1.message_pb2 import Message
from groupguard.filter.v1.verdict_pb2 import Verdict
from groupguard_client import Addresses, AsyncGroupGuard, Batcher, exceptions, packing, text_message
from service_kit.server_settings import MAX_MESSAGE_BYTES
from support.valkey import LOOPBACK

if TYPE_CHECKING:
    from grpc.aio import ServicerContext

LONG = 60.0
"""Seconds that no test waits."""
Result = BatchCheckMessagesResponse.Result


class Noting(FilterServiceServicer):
    """Echoes a message's text as the verdict's revision; `wrong` is an item that fails, corp `down` a call that does."""

    def __init__(self) -> None:
        self.batches: list[tuple[str, str, list[str]]] = []
        self.go_on = asyncio.Event()
        self.go_on.set()

    async def BatchCheckMessages(
        self, request: BatchCheckMessagesRequest, context: ServicerContext[Any, Any]
    ) -> BatchCheckMessagesResponse:
        texts = [message.text.content for message in request.messages]
        self.batches.append((request.corp_id, request.min_rules_revision, texts))
        await self.go_on.wait()
        if request.corp_id == "down":
            await context.abort(grpc.StatusCode.FAILED_PRECONDITION, "not today")
        wrong = Result(error=status_pb2.Status(code=code_pb2.INVALID_ARGUMENT, message="chat_id"))
        return BatchCheckMessagesResponse(
            results=[
                wrong if text == "wrong" else Result(verdict=Verdict(rules_revision=text)) for text in texts
            ]
        )


@pytest.fixture
async def noting() -> Noting:
    """The service."""
    return Noting()  # type: ignore[abstract]


@pytest.fixture
async def gg(noting: Noting) -> AsyncIterator[AsyncGroupGuard]:
    """A client of it."""
    server = grpc.aio.server(
        options=[("grpc.so_reuseport", 0), ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES)]
    )
    add_FilterServiceServicer_to_server(noting, server)
    target = f"{LOOPBACK}:{server.add_insecure_port(f'{LOOPBACK}:0')}"
    await server.start()
    async with AsyncGroupGuard(Addresses(target, target, target), token="") as gg:
        yield gg
    await server.stop(0)


def said(text: str) -> Message:
    return text_message("wr1", "wm1", text)


async def test_checks_asked_together_leave_together(gg: AsyncGroupGuard, noting: Noting) -> None:
    """In the order asked, each with its own verdict; after the delay, though the batch is not full."""
    async with Batcher(gg, delay=0.05) as batcher:
        verdicts = await asyncio.gather(*(batcher.check("ww1", said(f"t{n}")) for n in range(7)))
    assert [verdict.rules_revision for verdict in verdicts] == [f"t{n}" for n in range(7)]
    assert noting.batches == [("ww1", "", [f"t{n}" for n in range(7)])]


async def test_a_full_batch_does_not_wait(gg: AsyncGroupGuard, noting: Noting) -> None:
    """The rest leaves when the batcher closes, at the latest."""
    batcher = Batcher(gg, most=3, delay=LONG)
    asked = [asyncio.create_task(batcher.check("ww1", said(f"t{n}"))) for n in range(8)]
    await asyncio.gather(*asked[:6])
    assert [len(texts) for _, _, texts in noting.batches] == [3, 3]
    await batcher.close()
    assert [task.result().rules_revision for task in asked[6:]] == ["t6", "t7"]
    assert [len(texts) for _, _, texts in noting.batches] == [3, 3, 2]


async def test_corps_and_revisions_are_not_mixed(gg: AsyncGroupGuard, noting: Noting) -> None:
    """They belong to the batch as a whole."""
    async with Batcher(gg) as batcher:
        await asyncio.gather(
            batcher.check("ww1", said("a")),
            batcher.check("ww2", said("b")),
            batcher.check("ww1", said("c"), min_rules_revision="7-x"),
            batcher.check("ww1", said("d")),
        )
    assert sorted(noting.batches) == [("ww1", "", ["a", "d"]), ("ww1", "7-x", ["c"]), ("ww2", "", ["b"])]


async def test_an_items_error_is_its_callers_alone(gg: AsyncGroupGuard, noting: Noting) -> None:
    """The others get their verdicts."""
    async with Batcher(gg) as batcher:
        good, bad, too = await asyncio.gather(
            *(batcher.check("ww1", said(text)) for text in ("a", "wrong", "b")), return_exceptions=True
        )
    assert isinstance(good, Verdict)
    assert isinstance(too, Verdict)
    assert isinstance(bad, exceptions.InvalidArgument)
    assert bad.details() == "chat_id"


async def test_a_failed_batch_fails_for_everybody_in_it(gg: AsyncGroupGuard, noting: Noting) -> None:
    """And for nobody else."""
    async with Batcher(gg) as batcher:
        *failed, good = await asyncio.gather(
            *(batcher.check(corp, said("a")) for corp in ("down", "down", "ww1")), return_exceptions=True
        )
    assert [type(error) for error in failed] == [exceptions.FailedPrecondition] * 2
    assert isinstance(good, Verdict)


async def test_large_messages_fill_a_batch_sooner(gg: AsyncGroupGuard, noting: Noting) -> None:
    """Else the server would refuse the request as a whole."""
    text = "长" * 10_000
    async with Batcher(gg, most=1000, delay=LONG) as batcher:
        asked = [asyncio.create_task(batcher.check("ww1", said(text))) for _ in range(150)]
        while not noting.batches:
            await asyncio.sleep(0)
        await batcher.close()
        assert len({(await task).rules_revision for task in asked}) == 1
    assert len(noting.batches) == 2
    assert sum(len(texts) for _, _, texts in noting.batches) == 150


async def test_who_gives_up_while_waiting_is_not_sent(gg: AsyncGroupGuard, noting: Noting) -> None:
    """Nor does it hold up the others; giving up while the call is under way spoils nothing either."""
    async with Batcher(gg, most=3, delay=LONG) as batcher:
        noting.go_on.clear()
        early, late, stays = (asyncio.create_task(batcher.check("ww1", said(text))) for text in "abc")
        await asyncio.sleep(0)
        early.cancel()
        while not noting.batches:
            await asyncio.sleep(0.001)
        late.cancel()
        noting.go_on.set()
        assert (await stays).rules_revision == "c"
        assert early.cancelled()
        assert late.cancelled()
    assert [texts for _, _, texts in noting.batches] == [["b", "c"]]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda gg: Batcher(gg, most=0), "most: 1 to 1000 messages are possible, not 0"),
        (lambda gg: Batcher(gg, most=1001), "not 1001"),
        (lambda gg: Batcher(gg, delay=-1), "delay: at least 0 seconds, not -1"),
    ],
)
async def test_impossible_sizes_are_refused(
    gg: AsyncGroupGuard, make: Callable[[AsyncGroupGuard], Batcher], message: str
) -> None:
    """At once, not by the server later."""
    with pytest.raises(ValueError, match=message):
        make(gg)


async def test_a_closed_batcher_takes_nothing(gg: AsyncGroupGuard) -> None:
    """Its check would wait for ever."""
    batcher = Batcher(gg)
    await batcher.close()
    with pytest.raises(RuntimeError, match="closed"):
        await batcher.check("ww1", said("a"))


def test_packed_keeps_order_and_bounds() -> None:
    """By number and by bytes, which leave room in what the server takes."""
    messages = [said("长" * 10_000) for _ in range(150)]
    assert [len(batch) for batch in packing.packed(messages, 1000)] == [116, 34]
    assert [len(batch) for batch in packing.packed(messages[:5], 2)] == [2, 2, 1]
    assert [message for batch in packing.packed(messages, 7) for message in batch] == messages
    assert packing.MOST_BYTES < MAX_MESSAGE_BYTES - 100_000
