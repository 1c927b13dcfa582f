"""What happens around every call, for all four kinds of handler."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc
import grpc.aio
import pytest
from structlog.testing import capture_logs

from groupguard.rule.v1.rule_pb2 import Rule
from groupguard.rule.v1.rule_service_pb2 import GetRuleRequest
from groupguard_client import Failure, failure
from service_kit import auth, deadline
from service_kit.errors import RuleNotFound
from support.services import in_process

SERVICE = "test.Service"
KNOWN = auth.Tokens(
    [
        # SHA-256 of "secret"
        (
            "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b",
            auth.Caller("crm", {"ww1": frozenset({auth.Role("viewer")})}),
        )
    ]
)
KINDS = ["unary_unary", "unary_stream", "stream_unary", "stream_stream"]


async def act(request: GetRuleRequest) -> Rule:
    match request.rule_id:
        case "missing":
            raise RuleNotFound(["missing"])
        case "broken":
            raise RuntimeError("redis://:secret@store")
        case "timeout":
            raise TimeoutError("redis://:secret@store")
        case "slow":
            await asyncio.sleep(30)
        case "left":
            return Rule(display_name=f"{deadline.remaining(1000):.0f}")
    return Rule(display_name=auth.caller().name)


async def _unary_unary(request: GetRuleRequest, context: Any) -> Rule:
    return await act(request)


async def _unary_stream(request: GetRuleRequest, context: Any) -> AsyncIterator[Rule]:
    yield await act(request)


async def _stream_unary(requests: AsyncIterator[GetRuleRequest], context: Any) -> Rule:
    answers = [await act(request) async for request in requests]
    return answers[-1]


async def _stream_stream(requests: AsyncIterator[GetRuleRequest], context: Any) -> AsyncIterator[Rule]:
    async for request in requests:
        yield await act(request)


def _register(server: grpc.aio.Server) -> None:
    handlers = {
        kind: getattr(grpc, f"{kind}_rpc_method_handler")(
            globals()[f"_{kind}"], GetRuleRequest.FromString, Rule.SerializeToString
        )
        for kind in [*KINDS]
    }
    handlers["open"] = handlers["unary_unary"]
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, handlers),))


class Client:
    def __init__(self, channel: grpc.aio.Channel) -> None:
        self.channel = channel

    async def call(
        self, kind: str, *rule_ids: str, corp_id: str = "ww1", token: str = "secret", **options: Any
    ) -> list[str]:
        requests = [GetRuleRequest(corp_id=corp_id, rule_id=id) for id in rule_ids]
        options["metadata"] = [("authorization", f"Bearer {token}")] if token else []
        shape = "unary_unary" if kind in ("open", "none") else kind
        method = getattr(self.channel, shape)(
            f"/{SERVICE}/{kind}",
            request_serializer=GetRuleRequest.SerializeToString,
            response_deserializer=Rule.FromString,
        )
        call = method(iter(requests) if shape.startswith("stream") else requests[0], **options)
        if shape.endswith("stream"):
            return [answer.display_name async for answer in call]
        return [(await call).display_name]

    async def failed(self, kind: str, *rule_ids: str, **options: Any) -> Failure:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await self.call(kind, *rule_ids, **options)
        return failure(caught.value)


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    permissions = {kind: frozenset({"viewer", "checker"}) for kind in KINDS}
    async with (
        in_process(SERVICE, _register, permissions, tokens=KNOWN, longest_call=0.5) as target,
        grpc.aio.insecure_channel(target) as channel,
    ):
        yield Client(channel)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_handler_knows_who_calls(client: Client, kind: str) -> None:
    assert await client.call(kind, "x") == ["crm"]


@pytest.mark.parametrize("kind", KINDS)
async def test_who_calls_is_checked(client: Client, kind: str) -> None:
    for token in ("", "Secret"):
        told = await client.failed(kind, "x", token=token)
        assert (told.code, told.reason) == ("UNAUTHENTICATED", "UNAUTHENTICATED")


@pytest.mark.parametrize("kind", KINDS)
async def test_a_role_is_asked_for_in_the_corp_of_the_message(client: Client, kind: str) -> None:
    told = await client.failed(kind, "x", corp_id="ww2")
    assert (told.code, told.reason) == ("PERMISSION_DENIED", "PERMISSION_DENIED")
    assert told.metadata == {"method": kind, "any_of": "checker, viewer"}


@pytest.mark.parametrize("kind", ["stream_unary", "stream_stream"])
async def test_every_message_of_a_stream_is_checked(client: Client, kind: str) -> None:
    """A stream that begins in one's own corp must not go on in another."""

    def requests() -> Any:
        yield GetRuleRequest(corp_id="ww1", rule_id="x")
        yield GetRuleRequest(corp_id="ww2", rule_id="x")

    method = getattr(client.channel, kind)(
        f"/{SERVICE}/{kind}",
        request_serializer=GetRuleRequest.SerializeToString,
        response_deserializer=Rule.FromString,
    )
    call = method(requests(), metadata=[("authorization", "Bearer secret")])
    answers = []

    async def take_all() -> None:
        if kind == "stream_unary":
            await call
        else:
            async for answer in call:
                answers.append(answer)

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await take_all()
    assert failure(caught.value).reason == "PERMISSION_DENIED"
    assert len(answers) == (kind == "stream_stream")


@pytest.mark.parametrize("kind", KINDS)
async def test_an_expected_error_becomes_its_status(client: Client, kind: str) -> None:
    told = await client.failed(kind, "missing")
    assert (told.code, told.reason, told.metadata) == ("NOT_FOUND", "RULE_NOT_FOUND", {"rule_id": "missing"})


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("what", ["broken", "timeout"])
async def test_an_unexpected_error_says_nothing_and_is_found_in_the_log(
    client: Client, kind: str, what: str
) -> None:
    with capture_logs() as lines:
        told = await client.failed(kind, what)
    assert (told.code, told.message, told.reason) == ("INTERNAL", "internal error", "INTERNAL")
    assert "secret" not in repr(told)
    [line] = [line for line in lines if line.get("call") == told.metadata["call"]]
    assert (line["code"], line["log_level"], line["caller"], line["corp_id"]) == (
        "INTERNAL",
        "error",
        "crm",
        "ww1",
    )
    assert "secret" in str(line["exc_info"])


async def test_a_call_is_ended_after_the_longest_time(client: Client) -> None:
    told = await client.failed("unary_unary", "slow", timeout=20)
    assert (told.code, told.message) == ("DEADLINE_EXCEEDED", "not done within 0.5 s")


async def test_a_call_has_what_is_left_of_its_callers_time_but_not_more_than_the_longest(
    client: Client,
) -> None:
    assert await client.call("unary_unary", "left") == ["0"]
    assert await client.call("unary_stream", "left") == ["1000"]


async def test_a_method_without_a_row_is_open(client: Client) -> None:
    """As health and reflection are."""
    assert await client.call("open", "x", token="", corp_id="ww9") == [""]


async def test_an_unknown_method_is_unimplemented(client: Client) -> None:
    assert (await client.failed("none", "x")).code == "UNIMPLEMENTED"


async def test_calls_at_the_same_time_do_not_mix_up_their_callers(client: Client) -> None:
    results = await asyncio.gather(
        *(client.call("unary_unary", "x", token=token) for token in ["secret", "other"] * 20),
        return_exceptions=True,
    )
    assert [it == ["crm"] for it in results] == [True, False] * 20
