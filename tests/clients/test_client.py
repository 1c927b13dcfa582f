"""What the client adds to every call, and how it reads errors; against servers that note what arrives."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from concurrent import futures
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
import grpc.aio
import pytest
from google.protobuf import any_pb2
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status

from groupguard.filter.v1.filter_service_pb2 import CheckMessageRequest, CheckMessageResponse
from groupguard.filter.v1.filter_service_pb2_grpc import (
    FilterServiceServicer,
    add_FilterServiceServicer_to_server,
)
from groupguard.rule.v1.rule_pb2 import ACTION_KIND_KICK, ACTION_KIND_WARN, ACTION_KIND_WARN_AND_KICK, Rule
from groupguard.rule.v1.rule_service_pb2 import (
    CreateRuleRequest,
    CreateRuleResponse,
    FetchRulesRequest,
    FetchRulesResponse,
    GetRuleRequest,
)
from groupguard.rule.v1.rule_service_pb2_grpc import RuleServiceServicer, add_RuleServiceServicer_to_server
from groupguard_client import Addresses, AsyncGroupGuard, Failure, GroupGuard, failure, keyword_rule
from support.valkey import LOOPBACK, free_ports


@dataclass
class Seen:
    """What arrived with each call."""

    requests: list[Any] = field(default_factory=list)
    seconds: list[float | None] = field(default_factory=list)
    tokens: list[list[Any]] = field(default_factory=list)

    def note(self, request: Any, context: grpc.ServicerContext) -> None:
        self.requests.append(request)
        self.seconds.append(context.time_remaining())
        metadata: Any = context.invocation_metadata()
        self.tokens.append([value for key, value in metadata if key == "authorization"])


class Rules(RuleServiceServicer):
    """Notes calls; fails the first ones with UNAVAILABLE if asked, and GetRule always with all details."""

    def __init__(self, seen: Seen) -> None:
        self.seen = seen
        self.unavailable = 0

    def CreateRule(self, request: CreateRuleRequest, context: grpc.ServicerContext) -> CreateRuleResponse:
        self.seen.note(request, context)
        if self.unavailable:
            self.unavailable -= 1
            context.abort(grpc.StatusCode.UNAVAILABLE, "not now")
        return CreateRuleResponse(rules_revision="1-a")

    def GetRule(self, request: GetRuleRequest, context: grpc.ServicerContext) -> Rule:
        self.seen.note(request, context)
        details = [any_pb2.Any() for _ in range(4)]
        details[0].Pack(
            error_details_pb2.ErrorInfo(
                reason="INVALID_FIELD", domain="groupguard", metadata={"violations": "2"}
            )
        )
        details[1].Pack(
            error_details_pb2.BadRequest(
                field_violations=[
                    error_details_pb2.BadRequest.FieldViolation(field="a", description="wrong"),
                    error_details_pb2.BadRequest.FieldViolation(field="b", description="也错"),
                ]
            )
        )
        details[2].Pack(
            error_details_pb2.QuotaFailure(
                violations=[error_details_pb2.QuotaFailure.Violation(subject="corp ww1", description="full")]
            )
        )
        details[3].Pack(error_details_pb2.RetryInfo())
        status: Any = status_pb2.Status(code=code_pb2.INVALID_ARGUMENT, message="a: wrong", details=details)
        context.abort_with_status(rpc_status.to_status(status))
        raise AssertionError

    def FetchRules(
        self, request: FetchRulesRequest, context: grpc.ServicerContext
    ) -> Iterator[FetchRulesResponse]:
        self.seen.note(request, context)
        yield FetchRulesResponse(rules_revision="1-a")


class Filter(FilterServiceServicer):
    """Notes calls."""

    def __init__(self, seen: Seen) -> None:
        self.seen = seen

    def CheckMessage(
        self, request: CheckMessageRequest, context: grpc.ServicerContext
    ) -> CheckMessageResponse:
        self.seen.note(request, context)
        return CheckMessageResponse()


def endless(seconds: float | None) -> bool:
    """Whether that is how a server sees a call without a deadline."""
    return seconds is None or seconds > 1e6


READ = Failure(
    "INVALID_ARGUMENT",
    "a: wrong",
    "INVALID_FIELD",
    {"violations": "2"},
    (("a", "wrong"), ("b", "也错"), ("corp ww1", "full")),
)
"""What `failure` makes of GetRule's error."""


@contextmanager
def serving(rules: Rules, filter_: Filter) -> Iterator[Addresses]:
    server = grpc.server(futures.ThreadPoolExecutor(4), options=[("grpc.so_reuseport", 0)])
    add_RuleServiceServicer_to_server(rules, server)
    add_FilterServiceServicer_to_server(filter_, server)
    target = f"{LOOPBACK}:{server.add_insecure_port(f'{LOOPBACK}:0')}"
    server.start()
    try:
        yield Addresses(target, target, target)
    finally:
        server.stop(0).wait()


@pytest.fixture
def seen() -> Seen:
    """What arrived in this test."""
    return Seen()


@pytest.fixture
def rules(seen: Seen) -> Rules:
    """The server's rule service."""
    return Rules(seen)  # type: ignore[abstract]  # methods left out answer UNIMPLEMENTED


@pytest.fixture
def target(rules: Rules, seen: Seen) -> Iterator[Addresses]:
    """Where the noting server is."""
    with serving(rules, Filter(seen)) as addresses:  # type: ignore[abstract]
        yield addresses


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests may have settings of their own."""
    for name in ("RULE_ADDRESS", "FILTER_ADDRESS", "BLACKLIST_ADDRESS", "TOKEN"):
        monkeypatch.delenv(f"GROUPGUARD_{name}", raising=False)


def test_unary_calls_have_a_deadline_and_streams_have_none(target: Addresses, seen: Seen) -> None:
    """Five seconds unless the client or the call says otherwise; a stream lives as long as its reader."""
    with GroupGuard(target) as gg, GroupGuard(target, timeout=60) as patient:
        gg.filter.CheckMessage(CheckMessageRequest())
        gg.filter.CheckMessage(CheckMessageRequest(), timeout=20)
        patient.filter.CheckMessage(CheckMessageRequest())
        list(gg.rules.FetchRules(FetchRulesRequest()))
    assert seen.seconds[:3] == [pytest.approx(seconds, abs=1) for seconds in (5, 20, 60)]
    assert endless(seen.seconds[3])


async def test_asyncio_calls_have_the_same_deadlines(target: Addresses, seen: Seen) -> None:
    """As the synchronous client's."""
    async with AsyncGroupGuard(target) as gg:
        await gg.filter.CheckMessage(CheckMessageRequest())
        await gg.filter.CheckMessage(CheckMessageRequest(), timeout=20)
        assert [chunk.rules_revision async for chunk in gg.rules.FetchRules(FetchRulesRequest())] == ["1-a"]
    assert seen.seconds[:2] == [pytest.approx(seconds, abs=1) for seconds in (5, 20)]
    assert endless(seen.seconds[2])


async def test_every_call_bears_the_token(
    target: Addresses, seen: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one given, else the environment's, else none; on unary calls and streams, synchronous or not."""
    with GroupGuard(target) as gg:
        gg.filter.CheckMessage(CheckMessageRequest())
    monkeypatch.setenv("GROUPGUARD_TOKEN", "from-environment")
    with (
        GroupGuard(target) as gg,
        GroupGuard(target, token="") as silent,
        GroupGuard(target, token="t") as other,
    ):
        gg.filter.CheckMessage(CheckMessageRequest())
        list(gg.rules.FetchRules(FetchRulesRequest()))
        silent.filter.CheckMessage(CheckMessageRequest())
        other.filter.CheckMessage(CheckMessageRequest(), metadata=(("x-more", "kept"),))
    async with AsyncGroupGuard(target, token="t") as aio:
        await aio.filter.CheckMessage(CheckMessageRequest())
        assert [chunk async for chunk in aio.rules.FetchRules(FetchRulesRequest())]
    environment, given = ["Bearer from-environment"], ["Bearer t"]
    assert seen.tokens == [[], environment, environment, [], given, given, given]


async def test_a_write_has_a_request_id_and_keeps_the_callers(target: Addresses, seen: Seen) -> None:
    """A UUID of its own for every call that has none; the caller's message is left as it was."""
    request = CreateRuleRequest(corp_id="ww1")
    with GroupGuard(target) as gg:
        gg.rules.CreateRule(request)
        gg.rules.CreateRule(request)
        gg.rules.CreateRule(CreateRuleRequest(request_id="mine"))
    async with AsyncGroupGuard(target) as aio:
        await aio.rules.CreateRule(request)
    first, second, mine, third = (it.request_id for it in seen.requests)
    assert mine == "mine"
    assert len({uuid.UUID(it) for it in (first, second, third)}) == 3
    assert request == CreateRuleRequest(corp_id="ww1")


async def test_a_repeated_try_is_the_same_write(target: Addresses, seen: Seen, rules: Rules) -> None:
    """A server that says UNAVAILABLE is asked again with the same request_id, so that it writes once."""
    rules.unavailable = 2
    with GroupGuard(target) as gg:
        assert gg.rules.CreateRule(CreateRuleRequest()).rules_revision == "1-a"
    rules.unavailable = 2
    async with AsyncGroupGuard(target) as aio:
        assert (await aio.rules.CreateRule(CreateRuleRequest())).rules_revision == "1-a"
    ids = [it.request_id for it in seen.requests]
    assert len(ids) == 6
    assert len(set(ids[:3])) == len(set(ids[3:])) == 1


@pytest.mark.parametrize("attempts", [1, 2, 5])
def test_a_client_gives_up_after_its_attempts(
    target: Addresses, seen: Seen, rules: Rules, attempts: int
) -> None:
    """The last failure is what the caller sees; one attempt is one try."""
    rules.unavailable = 10
    with GroupGuard(target, attempts=attempts) as gg, pytest.raises(grpc.RpcError) as failed:
        gg.rules.CreateRule(CreateRuleRequest())
    assert failure(failed.value) == Failure("UNAVAILABLE", "not now")
    assert len(seen.requests) == attempts


@pytest.mark.parametrize("attempts", [-1, 0, 6])
async def test_attempts_that_are_impossible_are_told_at_once(attempts: int) -> None:
    """gRPC itself would fail every call, and say something of a service config."""
    for client in (GroupGuard, AsyncGroupGuard):
        with pytest.raises(ValueError, match=f"attempts: 1 to 5 are possible, not {attempts}"):
            client(attempts=attempts)


async def test_failure_reads_reason_metadata_and_violations(target: Addresses) -> None:
    """The same from a synchronous error and an asyncio one; details it does not know are left alone."""
    with GroupGuard(target) as gg, pytest.raises(grpc.RpcError) as failed:
        gg.rules.GetRule(GetRuleRequest())
    assert failure(failed.value) == READ
    async with AsyncGroupGuard(target) as aio:
        with pytest.raises(grpc.aio.AioRpcError) as failed_too:
            await aio.rules.GetRule(GetRuleRequest())
    assert failure(failed_too.value) == READ


def test_failure_of_a_server_that_is_not_there_has_no_reason() -> None:
    """gRPC's own errors are readable too."""
    [port] = free_ports(1)
    with (
        GroupGuard(Addresses(filter=f"{LOOPBACK}:{port}"), timeout=1) as gg,
        pytest.raises(grpc.RpcError) as failed,
    ):
        gg.filter.CheckMessage(CheckMessageRequest())
    read = failure(failed.value)
    assert read.code in ("UNAVAILABLE", "DEADLINE_EXCEEDED")
    assert (read.reason, read.metadata, read.violations) == ("", {}, ())


async def test_loopback_is_never_reached_through_a_proxy(
    target: Addresses, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine with http_proxy set still finds the servers on itself."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    with GroupGuard(target) as gg:
        gg.filter.CheckMessage(CheckMessageRequest())
    async with AsyncGroupGuard(target) as aio:
        await aio.filter.CheckMessage(CheckMessageRequest())


def test_addresses_come_from_the_environment() -> None:
    """What is unset or empty is where `groupguard serve all` listens."""
    environment = {"GROUPGUARD_FILTER_ADDRESS": "dns:///filter:7302", "GROUPGUARD_RULE_ADDRESS": ""}
    assert Addresses.from_environment(environment) == Addresses(filter="dns:///filter:7302")
    assert Addresses() == Addresses("127.0.0.1:7301", "127.0.0.1:7302", "127.0.0.1:7303")


def test_the_shorthand_picks_the_action() -> None:
    """Warning, kick, both; a rule that would do nothing is refused."""
    assert keyword_rule("x", ["y"], warning="z").action.kind == ACTION_KIND_WARN
    assert keyword_rule("x", ["y"], kick=True).action.kind == ACTION_KIND_KICK
    assert keyword_rule("x", ["y"], warning="z", kick=True).action.kind == ACTION_KIND_WARN_AND_KICK
    with pytest.raises(ValueError, match="warns, kicks"):
        keyword_rule("x", ["y"])
