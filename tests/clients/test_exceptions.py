"""The exceptions of the client: none is missing, and each is raised for its reason by every kind of call."""

from __future__ import annotations

import asyncio
import copy
import pickle
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent import futures
from typing import Any

import grpc
import grpc.aio
import pytest
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

from groupguard.filter.v1.backtest_pb2 import BacktestRequest
from groupguard.filter.v1.filter_service_pb2_grpc import (
    FilterServiceServicer,
    add_FilterServiceServicer_to_server,
)
from groupguard.rule.v1.rule_service_pb2 import (
    FetchRulesRequest,
    FetchRulesResponse,
    GetRuleRequest,
    ListRulesRequest,
    ListRulesResponse,
)
from groupguard.rule.v1.rule_service_pb2_grpc import RuleServiceServicer, add_RuleServiceServicer_to_server
from groupguard.rule.v1.transfer_pb2 import ImportCorpRequest, ImportCorpResponse
from groupguard_client import Addresses, AsyncGroupGuard, CallError, GroupGuard, exceptions, failure
from support.error_reasons import CODES, REASONS
from support.valkey import LOOPBACK


def camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def status_of(reason: str, code: str, metadata: dict[str, str] | None = None) -> status_pb2.Status:
    """An error as a service sends it."""
    info = any_pb2.Any()
    info.Pack(error_details_pb2.ErrorInfo(reason=reason, domain="groupguard", metadata=metadata or {}))
    return status_pb2.Status(code=grpc.StatusCode[code].value[0], message="so it is", details=[info])


def refuse(context: grpc.ServicerContext) -> None:
    status: Any = status_of("RULE_NOT_FOUND", "NOT_FOUND", {"rule_id": "r1"})
    context.abort_with_status(rpc_status.to_status(status))


class Refusing(RuleServiceServicer):
    """Refuses every call as RULE_NOT_FOUND, a stream after its first answer; ListRules answers when nobody waits any more."""

    def __init__(self) -> None:
        self.begun, self.abandoned = threading.Event(), threading.Event()

    def ListRules(self, request: Any, context: grpc.ServicerContext) -> ListRulesResponse:
        context.add_callback(self.abandoned.set)
        self.begun.set()
        self.abandoned.wait(10)
        return ListRulesResponse()

    def GetRule(self, request: Any, context: grpc.ServicerContext) -> Any:
        refuse(context)

    def FetchRules(self, request: Any, context: grpc.ServicerContext) -> Iterator[FetchRulesResponse]:
        yield FetchRulesResponse()
        refuse(context)

    def ImportCorp(
        self, request_iterator: Any, context: grpc.ServicerContext
    ) -> Iterator[ImportCorpResponse]:
        yield ImportCorpResponse()
        refuse(context)


class RefusingFilter(FilterServiceServicer):
    """Refuses what comes as a stream once it has all of it."""

    def Backtest(self, request_iterator: Any, context: grpc.ServicerContext) -> Any:
        assert len(list(request_iterator)) == 1
        refuse(context)


@pytest.fixture
def service() -> Any:
    """A RuleService that refuses."""
    return Refusing()  # type: ignore[abstract]


@pytest.fixture
def refusing(service: Refusing) -> Iterator[Addresses]:
    """Where it is."""
    server = grpc.server(futures.ThreadPoolExecutor(4), options=[("grpc.so_reuseport", 0)])
    add_RuleServiceServicer_to_server(service, server)
    add_FilterServiceServicer_to_server(RefusingFilter(), server)  # type: ignore[abstract]
    target = f"{LOOPBACK}:{server.add_insecure_port(f'{LOOPBACK}:0')}"
    server.start()
    yield Addresses(target, target, target)
    server.stop(0).wait()


def test_every_reason_has_a_class_below_the_one_of_its_code() -> None:
    """The proto's enum and comments say which there have to be; there is no class for anything else."""
    assert set(CODES) == set(REASONS)
    for reason, code in CODES.items():
        error = CallError.of_status(status_of(reason, code))
        assert type(error).__name__ == camel(reason)
        family = getattr(exceptions, camel(code))
        assert isinstance(error, family)
        assert (error.reason, error.code().name) == (reason, code)
    named = {
        name for name, it in vars(exceptions).items() if isinstance(it, type) and issubclass(it, CallError)
    }
    assert named == {"CallError", *map(camel, REASONS), *map(camel, CODES.values())}


def test_an_unknown_reason_is_raised_as_the_class_of_its_code() -> None:
    """A newer server may have reasons that this client never heard of."""
    error = CallError.of_status(status_of("SOMETHING_NEW", "NOT_FOUND"))
    assert type(error) is exceptions.NotFound
    assert error.reason == "SOMETHING_NEW"
    assert type(CallError.of_status(status_of("ELSE", "DATA_LOSS"))) is CallError


def test_synchronous_calls_raise_the_class_of_the_reason(refusing: Addresses) -> None:
    """Unary, as a future, and as streams after what came before; code that knows only gRPC reads them too."""
    with GroupGuard(refusing) as gg:
        with pytest.raises(exceptions.RuleNotFound, match="NOT_FOUND: RULE_NOT_FOUND: so it is") as unary:
            gg.rules.GetRule(GetRuleRequest())
        assert unary.value.metadata == {"rule_id": "r1"}
        assert isinstance(unary.value, grpc.RpcError)
        assert failure(unary.value) == unary.value.failure
        assert unary.value.violations == ()
        later = gg.rules.GetRule.future(GetRuleRequest())
        assert isinstance(later.exception(), exceptions.RuleNotFound)
        with pytest.raises(exceptions.RuleNotFound):
            later.result()
        for stream in (
            gg.rules.FetchRules(FetchRulesRequest()),
            gg.rules.ImportCorp(iter([ImportCorpRequest()])),
        ):
            assert next(stream) is not None
            with pytest.raises(exceptions.RuleNotFound):
                next(stream)


async def test_calls_that_send_a_stream_raise_it_too(refusing: Addresses) -> None:
    """Sent by an iterator, or one by one."""
    with GroupGuard(refusing) as gg, pytest.raises(exceptions.RuleNotFound):
        gg.filter.Backtest(iter([BacktestRequest()]))
    async with AsyncGroupGuard(refusing) as aio:
        with pytest.raises(exceptions.RuleNotFound):
            await aio.filter.Backtest(iter([BacktestRequest()]))
        call = aio.filter.Backtest()
        await call.write(BacktestRequest())
        await call.done_writing()
        with pytest.raises(exceptions.RuleNotFound):
            await call


async def test_asyncio_calls_raise_the_class_of_the_reason(refusing: Addresses) -> None:
    """As the synchronous client's."""
    async with AsyncGroupGuard(refusing) as gg:
        with pytest.raises(exceptions.RuleNotFound) as unary:
            await gg.rules.GetRule(GetRuleRequest())
        assert isinstance(unary.value, grpc.aio.AioRpcError)
        call = gg.rules.GetRule(GetRuleRequest())
        assert await call.code() is grpc.StatusCode.NOT_FOUND
        for stream in (gg.rules.FetchRules(FetchRulesRequest()), gg.rules.ImportCorp(several())):
            responses = aiter(stream)
            assert await anext(responses) is not None
            with pytest.raises(exceptions.RuleNotFound):
                await anext(responses)


@pytest.mark.parametrize("by_task", [True, False])
async def test_a_call_that_is_given_up_ends_at_the_server(
    refusing: Addresses, service: Refusing, by_task: bool
) -> None:
    """Whether the task that waits is cancelled or the call itself; reading errors is no reason to go on."""
    async with AsyncGroupGuard(refusing) as gg:
        call = gg.rules.ListRules(ListRulesRequest())
        waiting = asyncio.ensure_future(call)
        assert await asyncio.to_thread(service.begun.wait, 10)
        (waiting if by_task else call).cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert await asyncio.to_thread(service.abandoned.wait, 5)


async def several() -> AsyncIterator[ImportCorpRequest]:
    yield ImportCorpRequest()


def test_an_error_survives_copying_and_pickling() -> None:
    """Process pools hand exceptions on."""
    error = CallError.of_status(status_of("LIMIT_EXCEEDED", "RESOURCE_EXHAUSTED", {"limit": "1000"}))
    for twin in (copy.copy(error), pickle.loads(pickle.dumps(error))):
        assert type(twin) is exceptions.LimitExceeded
        assert twin.failure == error.failure
        assert str(twin) == "RESOURCE_EXHAUSTED: LIMIT_EXCEEDED: so it is"
