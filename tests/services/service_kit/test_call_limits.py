"""What a server refuses for being too much, and whom it cuts off, over real gRPC and for all four kinds of method."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

import grpc
import grpc.aio
import pytest
from structlog.testing import capture_logs

from groupguard.rule.v1.rule_pb2 import Rule
from groupguard.rule.v1.rule_service_pb2 import GetRuleRequest
from groupguard_client import Failure, failure
from service_kit import auth
from service_kit.admission import Admission
from service_kit.errors import Unauthenticated
from service_kit.quota import CorpQuota
from support.services import eventually, in_process

SERVICE = "test.Service"
KINDS = ["unary_unary", "unary_stream", "stream_unary", "stream_stream"]
LARGE = "x" * 1_000_000


class Named:
    """Knows everybody: a token is its caller's name, `service` one of our own, and `brief` soon expires."""

    def __init__(self) -> None:
        self.brief_until = time.time() + 1000

    def caller(self, authorization: str) -> auth.Caller:
        name = authorization.removeprefix("Bearer ")
        if not name:
            raise Unauthenticated("who?")
        role = auth.Role("service" if name == "service" else "viewer")
        until = self.brief_until if name == "brief" else None
        return auth.Caller(name, {"*": frozenset({role})}, expires_at=until)


class Service:
    """Answers when it is told to."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.under_way = 0
        self.ended = 0

    async def _act(self, request: GetRuleRequest) -> Rule:
        self.under_way += 1
        try:
            if request.rule_id == "wait":
                await self.go.wait()
            return Rule(display_name=LARGE if request.rule_id == "large" else request.rule_id)
        finally:
            self.under_way -= 1

    async def unary_unary(self, request: GetRuleRequest, context: Any) -> Rule:
        return await self._act(request)

    async def unary_stream(self, request: GetRuleRequest, context: Any) -> AsyncIterator[Rule]:
        try:
            for _ in range(1000):
                yield await self._act(request)
        finally:
            self.ended += 1

    async def stream_unary(self, requests: AsyncIterator[GetRuleRequest], context: Any) -> Rule:
        answers = [await self._act(request) async for request in requests]
        return answers[-1]

    async def stream_stream(
        self, requests: AsyncIterator[GetRuleRequest], context: Any
    ) -> AsyncIterator[Rule]:
        async for request in requests:
            yield await self._act(request)

    def register(self, server: grpc.aio.Server) -> None:
        """Adds one method of each kind, named after it."""
        handlers = {
            kind: getattr(grpc, f"{kind}_rpc_method_handler")(
                getattr(self, kind), GetRuleRequest.FromString, Rule.SerializeToString
            )
            for kind in KINDS
        }
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, handlers),))


class Client:
    """Calls it."""

    def __init__(self, channel: grpc.aio.Channel, service: Service, callers: Named) -> None:
        self.channel = channel
        self.service = service
        self.callers = callers

    def begin(
        self, kind: str, requests: Any = "", *, corp_id: str = "ww1", token: str = "crm", **options: Any
    ) -> Any:
        """Begins a call; a text is the rule_id of the one request."""
        method = getattr(self.channel, kind)(
            f"/{SERVICE}/{kind}",
            request_serializer=GetRuleRequest.SerializeToString,
            response_deserializer=Rule.FromString,
        )
        if isinstance(requests, str):
            request = GetRuleRequest(corp_id=corp_id, rule_id=requests)
            requests = iter([request]) if kind.startswith("stream") else request
        return method(requests, metadata=[("authorization", f"Bearer {token}")], **options)

    async def answer(self, call: Any) -> Any:
        """The first answer, or the end."""
        return await (call.read() if hasattr(call, "read") else call)

    async def ask(self, kind: str = "unary_unary", requests: Any = "x", **options: Any) -> Any:
        """Calls and waits for the first answer."""
        call = self.begin(kind, requests, **options)
        try:
            return await self.answer(call)
        finally:
            call.cancel()

    async def refused(self, call: Any) -> Failure:
        """How a call fails, sooner or later."""
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await self._last(call)
        return failure(caught.value)

    async def _last(self, call: Any) -> None:
        while await self.answer(call) is not grpc.aio.EOF and hasattr(call, "read"):
            pass


Serve = Callable[..., Any]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    async with AsyncExitStack() as stack:

        async def start(**limits: Any) -> Client:
            service, callers = Service(), Named()
            rows = dict.fromkeys(KINDS, frozenset({"viewer", "service"}))
            target = await stack.enter_async_context(
                in_process(SERVICE, service.register, rows, tokens=callers, **limits)
            )
            channel = await stack.enter_async_context(grpc.aio.insecure_channel(target))
            return Client(channel, service, callers)

        yield start


async def test_calls_beyond_what_may_be_under_way_are_refused_at_once_with_a_time(serve: Serve) -> None:
    client = await serve(admission=Admission(2, 10))
    waiting = [client.begin("unary_unary", "wait") for _ in range(2)]
    await eventually(lambda: _true(client.service.under_way == 2))
    told = await client.refused(client.begin("unary_unary", "x"))
    assert (told.code, told.reason, told.metadata) == ("RESOURCE_EXHAUSTED", "OVERLOADED", {"limit": "2"})
    assert 0 < told.retry_after <= 5
    client.service.go.set()
    for call in waiting:
        await call
    assert (await client.ask()).display_name == "x"


@pytest.mark.parametrize("kind", ["unary_unary", "stream_unary", "stream_stream"])
async def test_requests_that_are_worked_on_have_bounded_bytes(serve: Serve, kind: str) -> None:
    client = await serve(admission=Admission(10, 10, most_bytes=1_000))
    waiting = client.begin(kind, "wait", corp_id="w" * 700)
    await eventually(lambda: _true(client.service.under_way == 1))
    told = await client.refused(client.begin(kind, "x", corp_id="w" * 700))
    assert (told.code, told.reason, told.metadata) == ("RESOURCE_EXHAUSTED", "OVERLOADED", {"limit": "1000"})
    assert told.retry_after > 0
    assert await client.ask(kind, corp_id="w" * 100)
    client.service.go.set()
    assert await client.answer(waiting)
    await eventually(lambda: _taken(client, kind, corp_id="w" * 900))
    told = await client.refused(client.begin(kind, "x", corp_id="w" * 1_000))
    assert told.reason == "OVERLOADED"


async def test_a_call_that_ends_in_any_way_gives_its_place_back(serve: Serve) -> None:
    client = await serve(admission=Admission(1, 1), longest_call=0.2)
    assert (await client.refused(client.begin("unary_unary", "wait"))).code == "DEADLINE_EXCEEDED"
    call = client.begin("unary_unary", "wait")
    await eventually(lambda: _true(client.service.under_way == 1))
    call.cancel()
    await eventually(lambda: _true(client.service.under_way == 0))
    for _ in range(3):
        assert await client.ask()
        assert await client.ask("stream_stream")
    call = client.begin("stream_stream", _silent())
    call.cancel()
    await eventually(lambda: _taken(client))


async def _taken(client: Client, kind: str = "stream_stream", **options: Any) -> bool:
    try:
        return bool(await client.ask(kind, **options))
    except grpc.aio.AioRpcError:
        return False


async def _ended(service: Service, times: int) -> bool:
    return service.ended == times


async def _true(value: bool) -> bool:
    return value


async def _silent(*rule_ids: str) -> AsyncIterator[GetRuleRequest]:
    for rule_id in rule_ids:
        yield GetRuleRequest(corp_id="ww1", rule_id=rule_id)
    await asyncio.Event().wait()


async def test_a_deadline_that_can_not_be_met_is_told_at_once_when_there_is_much_to_do(serve: Serve) -> None:
    admission = Admission(4, 1)
    client = await serve(admission=admission)
    method = f"/{SERVICE}/unary_unary"
    for _ in range(3):
        admission.begin(method, None)
    admission.end(method, 5.0)
    begun = time.monotonic()
    told = await client.refused(client.begin("unary_unary", "x", timeout=3))
    assert (told.code, told.reason) == ("RESOURCE_EXHAUSTED", "OVERLOADED")
    assert told.retry_after == 5
    assert time.monotonic() - begun < 2
    assert await client.ask(timeout=60)


@pytest.mark.parametrize("kind", ["stream_unary", "stream_stream", "unary_stream"])
async def test_a_caller_has_a_bounded_number_of_open_streams(serve: Serve, kind: str) -> None:
    client = await serve(admission=Admission(10, 2))
    make = (lambda: "wait") if kind == "unary_stream" else (lambda: _silent("wait"))
    streams = [client.begin(kind, make()) for _ in range(2)]
    await eventually(lambda: _true(client.service.under_way == 2))
    told = await client.refused(client.begin(kind, "x"))
    assert (told.code, told.reason, told.metadata) == (
        "RESOURCE_EXHAUSTED",
        "TOO_MANY_STREAMS",
        {"limit": "2"},
    )
    assert await client.ask(kind, token="another")
    streams[0].cancel()
    await eventually(lambda: _true(client.service.under_way == 1))
    assert await client.ask(kind)


@pytest.mark.parametrize("kind", ["stream_unary", "stream_stream"])
async def test_a_client_that_falls_silent_on_its_stream_is_cut(serve: Serve, kind: str) -> None:
    client = await serve(silence=0.3)
    told = await client.refused(client.begin(kind, _silent("x")))
    assert (told.code, told.reason, told.metadata) == (
        "DEADLINE_EXCEEDED",
        "STREAM_STALLED",
        {"seconds": "0.3"},
    )


async def test_a_client_that_keeps_sending_is_not_silent(serve: Serve) -> None:
    client = await serve(silence=0.3)

    async def steady() -> AsyncIterator[GetRuleRequest]:
        for _ in range(10):
            yield GetRuleRequest(corp_id="ww1", rule_id="x")
            await asyncio.sleep(0.06)

    assert (await client.begin("stream_unary", steady())).display_name == "x"


async def test_a_client_that_does_not_read_is_cut_and_its_handler_ended(serve: Serve) -> None:
    client = await serve(slow_reader=0.3)
    call = client.begin("unary_stream", "large")
    await call.read()
    await eventually(lambda: _true(client.service.ended == 1))
    told = await client.refused(call)
    assert (told.code, told.reason, told.metadata) == (
        "DEADLINE_EXCEEDED",
        "STREAM_STALLED",
        {"seconds": "0.3"},
    )


async def test_a_client_that_leaves_in_the_middle_is_nobodys_fault(serve: Serve) -> None:
    """Even if a message is on its way to it just then."""
    client = await serve()
    with capture_logs() as lines:
        for number in range(50):
            call = client.begin("unary_stream", "large")
            await call.read()
            call.cancel()
            await eventually(partial(_ended, client.service, number + 1))
    assert {line["code"] for line in lines} == {"CANCELLED"}


async def test_a_server_stream_with_nothing_to_say_is_nobodys_fault(serve: Serve) -> None:
    client = await serve(silence=0.05, slow_reader=0.05)
    call = client.begin("unary_stream", "wait")
    await eventually(lambda: _true(client.service.under_way == 1))
    await asyncio.sleep(0.3)
    client.service.go.set()
    assert (await call.read()).display_name == "wait"
    call.cancel()


@pytest.mark.parametrize("kind", KINDS)
async def test_a_corp_has_its_quota_in_every_kind_of_call_and_others_theirs(serve: Serve, kind: str) -> None:
    client = await serve(quota=CorpQuota(0.01, 3))
    for _ in range(3):
        assert await client.ask(kind)
    told = await client.refused(client.begin(kind, "x"))
    assert (told.code, told.reason, told.metadata) == (
        "RESOURCE_EXHAUSTED",
        "QUOTA_EXCEEDED",
        {"limit": "0.01"},
    )
    assert 90 < told.retry_after <= 100
    assert await client.ask(kind, corp_id="ww2")
    assert await client.ask(kind, token="service")


async def test_every_message_of_a_stream_counts(serve: Serve) -> None:
    client = await serve(quota=CorpQuota(0.01, 3))
    call = client.begin("stream_stream", _silent(*"abcde"))
    assert [(await call.read()).display_name for _ in range(3)] == ["a", "b", "c"]
    assert (await client.refused(call)).reason == "QUOTA_EXCEEDED"


@pytest.mark.parametrize("kind", ["stream_stream", "unary_stream"])
async def test_an_open_stream_ends_with_its_token(serve: Serve, kind: str) -> None:
    client = await serve()
    go_on = asyncio.Event()

    async def two() -> AsyncIterator[GetRuleRequest]:
        yield GetRuleRequest(corp_id="ww1", rule_id="x")
        await go_on.wait()
        yield GetRuleRequest(corp_id="ww1", rule_id="x")

    client.callers.brief_until = time.time() + 0.5
    call = client.begin(kind, two() if kind == "stream_stream" else "large", token="brief")
    assert await call.read()
    await asyncio.sleep(0.6)
    go_on.set()
    told = await client.refused(call)
    assert (told.code, told.message) == ("UNAUTHENTICATED", "the token has expired")
