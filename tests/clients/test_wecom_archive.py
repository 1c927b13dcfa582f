"""The archive's runner while no verdicts can be given, against a FilterService that fails on request."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
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
from groupguard.filter.v1.verdict_pb2 import Effects, Verdict
from groupguard_client import Addresses, AsyncGroupGuard, exceptions
from groupguard_client.wecom import Archived, ArchiveRunner, Case, FileCursor
from support.valkey import LOOPBACK

if TYPE_CHECKING:
    from grpc.aio import ServicerContext

Result = BatchCheckMessagesResponse.Result


class Failing(FilterServiceServicer):
    """Warns of everything, but first fails once for each call and message named."""

    def __init__(self) -> None:
        self.calls: list[grpc.StatusCode] = []
        self.messages: dict[str, int] = {}
        self.asked: list[list[str]] = []

    async def BatchCheckMessages(
        self, request: BatchCheckMessagesRequest, context: ServicerContext[Any, Any]
    ) -> BatchCheckMessagesResponse:
        self.asked.append([message.message_id for message in request.messages])
        if self.calls:
            await context.abort(self.calls.pop(0), "not now")
        return BatchCheckMessagesResponse(results=[self._result(it.message_id) for it in request.messages])

    def _result(self, message_id: str) -> Result:
        if code := self.messages.pop(message_id, 0):
            return Result(error=status_pb2.Status(code=code, message="not now"))
        return Result(verdict=Verdict(effects=Effects(warning_text=message_id)))


class Warned:
    """Keeps the warnings."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    async def warn(self, case: Case, text: str) -> None:
        self.texts.append(text)

    async def kick(self, case: Case) -> None:
        raise AssertionError("nobody is to be kicked")

    async def refuse(self, case: Case) -> None:
        raise AssertionError("nobody joins")


@pytest.fixture
async def failing() -> Any:
    """The service."""
    return Failing()  # type: ignore[abstract]


@pytest.fixture
async def gg(failing: Failing) -> AsyncIterator[AsyncGroupGuard]:
    """A client of it that tries a call twice."""
    server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
    add_FilterServiceServicer_to_server(failing, server)
    target = f"{LOOPBACK}:{server.add_insecure_port(f'{LOOPBACK}:0')}"
    await server.start()
    async with AsyncGroupGuard(Addresses(target, target, target), token="", attempts=2) as gg:
        yield gg
    await server.stop(0)


def page(*seqs: int) -> list[Archived]:
    return [
        Archived(
            seq,
            {"msgid": f"m{seq}", "from": "wm1", "roomid": "wr1", "msgtype": "text", "text": {"content": "x"}},
        )
        for seq in seqs
    ]


async def test_messages_without_a_verdict_are_asked_for_again_and_enforced_in_order(
    gg: AsyncGroupGuard, failing: Failing, tmp_path: Path
) -> None:
    """Those alone; nothing is enforced before what came before it has its verdict."""
    failing.messages = {"m2": code_pb2.UNAVAILABLE, "m4": code_pb2.RESOURCE_EXHAUSTED}
    enforcer = Warned()
    await ArchiveRunner(gg, "ww1", enforcer, FileCursor(tmp_path / "seq"), most=3).run([page(1, 2, 3, 4, 5)])
    assert failing.asked == [["m1", "m2", "m3"], ["m4", "m5"], ["m2", "m4"]]
    assert enforcer.texts == ["m1", "m2", "m3", "m4", "m5"]


async def test_a_run_gives_up_after_its_patience_and_leaves_the_cursor_behind(
    gg: AsyncGroupGuard, failing: Failing, tmp_path: Path
) -> None:
    """So that the next run begins with what has no verdict yet; a call that would never pass ends it at once."""
    cursor, enforcer = FileCursor(tmp_path / "seq"), Warned()
    pages = [page(1), page(2, 3)]
    failing.messages = {"m3": code_pb2.DEADLINE_EXCEEDED}
    with pytest.raises(exceptions.DeadlineExceeded):
        await ArchiveRunner(gg, "ww1", enforcer, cursor, patience=0).run(pages)
    failing.calls = [grpc.StatusCode.UNAVAILABLE] * 2
    with pytest.raises(exceptions.Unavailable):
        await ArchiveRunner(gg, "ww1", enforcer, cursor, patience=0).run(pages)
    failing.calls = [grpc.StatusCode.PERMISSION_DENIED]
    with pytest.raises(exceptions.PermissionDenied):
        await ArchiveRunner(gg, "ww1", enforcer, cursor).run(pages)
    failing.messages = {"m2": code_pb2.FAILED_PRECONDITION}
    with pytest.raises(exceptions.FailedPrecondition):
        await ArchiveRunner(gg, "ww1", enforcer, cursor).run(pages)
    assert (cursor.load(), enforcer.texts) == (1, ["m1"])
    await ArchiveRunner(gg, "ww1", enforcer, cursor).run(pages)
    assert (cursor.load(), enforcer.texts) == (3, ["m1", "m2", "m3"])
